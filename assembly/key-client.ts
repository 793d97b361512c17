// What a root context does to get keys from the key server. Requests whose key is unknown wait until
// the server has answered, for a limited time. In one VM, a plugin may have several root contexts
// for a while: that of its newest configuration polls, and shares the keys with the others. Kept
// between calls: the pollers by plugin, and the streams that wait.

import { takeAnswer } from "./config/decode-keyring";
import {
  getCallBody,
  getCallStatus,
  getPluginName,
  resultEnd,
  resultStart,
  setEffectiveContext,
  setTickPeriod,
} from "./host/host";
import { Poller } from "./keys/poller";
import { EgressRoot } from "./root";
import { EgressStream } from "./stream";

/** A larger answer is ignored. */
const MAX_ANSWER_BYTES: u32 = 1024 * 1024;
/** How long requests wait for their key. */
const MAX_WAIT_MS: u64 = 2_000;
const ALWAYS: u64 = u64.MAX_VALUE;
const LONG_TICK_MS: u32 = 250;
const SHORT_TICK_MS: u32 = 50;

class Waiter {
  constructor(
    public stream: EgressStream,
    public endOfStream: bool,
    /** When it has waited long enough, by `elapsedMs`. */
    public deadline: u64,
  ) {}
}

/** The root contexts of one plugin in this VM, the newest last, and the keys that they share. */
class Plugin {
  poller: Poller = new Poller();
  clients: KeyClient[] = [];
}

const plugins = new Map<string, Plugin>();

export class KeyClient {
  private plugin: Plugin;
  /** In the order in which they began. */
  private waiting: Waiter[] = [];
  private isResuming: bool = false;
  /** The tick period; 0 if there are no ticks. */
  private tickMs: u32 = 0;
  /** The time that ticks have measured. */
  private elapsedMs: u64 = 0;

  /** Can be made only while the root context is the current one. */
  constructor(private root: EgressRoot) {
    const name = getPluginName();
    if (!plugins.has(name)) plugins.set(name, new Plugin());
    this.plugin = plugins.get(name);
    this.plugin.clients.push(this);
  }

  /** The root context has a new configuration. */
  begin(): void {
    const config = this.root.config;
    config.takeKeys(this.plugin.poller.keyring);
    this.plugin.poller.begin(config.keyCluster, config.revision);
    this.schedule();
  }

  /** The root context is gone, or its configuration names no key server. */
  leave(): void {
    const clients = this.plugin.clients;
    const isNewest = this.isNewest;
    clients.splice(clients.indexOf(this), 1);
    this.resume(ALWAYS);
    if (!isNewest || clients.length == 0) return;
    const heir = clients[clients.length - 1];
    setEffectiveContext(heir.root.context_id);
    heir.begin();
    setEffectiveContext(this.root.context_id);
  }

  private get isNewest(): bool {
    const clients = this.plugin.clients;
    return clients[clients.length - 1] === this;
  }

  /** The tick period is over. */
  tick(): void {
    this.elapsedMs += this.tickMs;
    if (this.isNewest) this.plugin.poller.wait(this.tickMs);
    this.resume(this.elapsedMs);
    this.schedule();
  }

  /** The call `token` has an answer with a body of `bodyBytes`, or has failed. */
  takeAnswer(token: u32, bodyBytes: u32): void {
    const poller = this.plugin.poller;
    if (!poller.isCurrent(token)) return;
    const clients = this.plugin.clients;
    const status = getCallStatus();
    if (status == 200 && this.readKeys(bodyBytes)) {
      for (let i = 0; i < clients.length; i++) clients[i].root.config.takeKeys(poller.keyring);
      poller.succeed();
    } else {
      poller.end(status);
    }
    if (poller.isAnswered) for (let i = 0; i < clients.length; i++) clients[i].resume(ALWAYS);
    this.schedule();
  }

  private readKeys(bytes: u32): bool {
    if (bytes > MAX_ANSWER_BYTES || !getCallBody(bytes)) return false;
    return takeAnswer(this.plugin.poller.keyring, resultStart, resultEnd);
  }

  /** Has a stream wait for its key. False if no key is to come, or it has waited long enough. */
  hold(stream: EgressStream, endOfStream: bool): bool {
    if (this.plugin.poller.isAnswered || this.isResuming) return false;
    this.waiting.push(new Waiter(stream, endOfStream, this.elapsedMs + MAX_WAIT_MS));
    this.schedule();
    return true;
  }

  /** A stream that waits has ended. */
  release(stream: EgressStream): void {
    const waiting = this.waiting;
    for (let i = 0; i < waiting.length; i++) {
      if (waiting[i].stream !== stream) continue;
      waiting.splice(i, 1);
      return;
    }
  }

  // Lets the streams go on that were to wait until `time` at most. A local reply may end others.
  private resume(time: u64): void {
    if (this.waiting.length == 0) return;
    this.isResuming = true;
    while (this.waiting.length != 0 && this.waiting[0].deadline <= time) {
      const waiter = this.waiting.shift();
      waiter.stream.resume(waiter.endOfStream);
    }
    this.isResuming = false;
    setEffectiveContext(this.root.context_id);
  }

  private schedule(): void {
    const isWaiting = this.waiting.length != 0;
    const pause = this.isNewest ? this.plugin.poller.pauseMs : 0;
    let tick = isWaiting ? SHORT_TICK_MS : 0;
    if (pause != 0) tick = min(pause, isWaiting ? SHORT_TICK_MS : LONG_TICK_MS);
    if (tick == this.tickMs) return;
    this.tickMs = tick;
    setTickPeriod(tick);
  }
}
