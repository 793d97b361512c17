// What a root context does to get keys from the key server. One call is always under way, which the
// server answers at once if it has other keys, or else when they change; each call acknowledges the
// configuration that is in effect. Requests whose key is unknown wait until the server has answered,
// for a limited time. Kept between calls: the call under way, when the next one is due, and the
// requests that wait.

import { MAX_KEYS_BYTES } from "../contract/limits";
import { buildJson, findJsonFault, Kind } from "./config/json-value";
import { bytesOf, decimal } from "./bytes/bytes";
import {
  callCluster,
  getCallBody,
  getCallStatus,
  log,
  LogLevel,
  now,
  resultEnd,
  resultStart,
  setEffectiveContext,
  setTickPeriod,
} from "./host/host";
import { takeKeys, version } from "./keys/keyring";
import { EgressRoot } from "./root";
import { EgressStream } from "./stream";

/** The server answers after 25 s even if nothing changes. */
const TIMEOUT_MS: u32 = 30_000;
const TICK_MS: u32 = 50;
/** In ticks: how long requests wait for their key, and the longest pause after a failure. */
const MAX_WAIT: u32 = 2_000 / TICK_MS;
const MAX_PAUSE: u32 = 1_000 / TICK_MS;
const ALWAYS: u32 = u32.MAX_VALUE;

/** A request that waits: of a list in the order in which they began. */
class Waiter {
  next: Waiter | null = null;

  constructor(
    /** Null if it has ended. */
    public stream: EgressStream | null,
    public endOfStream: bool,
    /** The tick by which it has waited long enough. */
    public deadline: u32,
  ) {}
}

export class KeyClient {
  /** Of the call under way; 0 if there is none. */
  private token: u32 = 0;
  /** The version that the call under way names. */
  private asked: string = "";
  /** How many ticks until the next call, while none is under way. */
  private pause: u32 = 0;
  /** The longest pause after the next failure. */
  private maxPause: u32 = 1;
  private hasFailed: bool = false;
  /** Whether the server has answered since `begin`. */
  private isAnswered: bool = false;
  private period: u32 = 0;
  private ticks: u32 = 0;
  private first: Waiter | null = null;
  private last: Waiter | null = null;
  private isResuming: bool = false;

  constructor(private root: EgressRoot) {}

  /**
   * The root context has a new configuration. The first call is made by a tick: Envoy configures
   * the plugin in a VM that it discards as well, which must not acknowledge anything.
   */
  begin(): void {
    this.token = this.pause = 0;
    this.isAnswered = false;
    this.period = 1;
    setTickPeriod(1);
  }

  tick(): void {
    this.ticks++;
    if (this.token == 0) {
      if (this.pause != 0) this.pause--;
      if (this.pause == 0) this.call();
    }
    this.resume(this.ticks);
    this.schedule();
  }

  private call(): void {
    const config = this.root.config;
    const path = "/v1/keys?version=" + version + "&config=" + config.revision;
    this.asked = version;
    this.token = callCluster(bytesOf(config.keyCluster), path, TIMEOUT_MS);
    if (this.token == 0) this.fail(0);
  }

  /** The call `token` has an answer with a body of `bodyBytes`, or has failed. */
  end(token: u32, bodyBytes: u32): void {
    if (token != this.token) return;
    this.token = 0;
    const status = getCallStatus();
    const isNew = status == 200 && this.takeAnswer(bodyBytes);
    if (!isNew && status != 304) return this.fail(status);
    if (this.hasFailed) log(LogLevel.Warn, "keys: the key server answers");
    this.hasFailed = false;
    this.maxPause = 1;
    this.isAnswered = true;
    this.pause = 1;
    if (isNew) this.call();
    this.root.takeKeys();
    this.resume(ALWAYS);
    this.schedule();
  }

  // An answer to a call from before another root context of this VM got new keys may be older.
  private takeAnswer(bytes: u32): bool {
    if (this.asked != version) return true;
    if (bytes > <u32>MAX_KEYS_BYTES || !getCallBody(bytes)) return false;
    if (findJsonFault(resultStart, resultEnd) != resultEnd) return false;
    const answer = buildJson(resultStart, resultEnd);
    const name = answer.get("version");
    const keys = answer.get("keys");
    if (name === null || keys === null || keys.kind != Kind.Object) return false;
    const texts: string[] = [];
    for (let i = 0; i < keys.items.length; i++) {
      const key = keys.items[i];
      texts.push(key.kind == Kind.String ? key.text : "");
    }
    return takeKeys(name.text, keys.keys, texts);
  }

  // The pauses are random, so that workers that failed together don't call together.
  private fail(status: u32): void {
    if (!this.hasFailed) log(LogLevel.Warn, "keys: no answer, status " + decimal(status));
    this.hasFailed = true;
    this.pause = 1 + (<u32>(now() / 1_000) % this.maxPause);
    this.maxPause = min(this.maxPause * 2, MAX_PAUSE);
    this.schedule();
  }

  /** Has a stream wait for its key. False if no key is to come, or it has waited long enough. */
  hold(stream: EgressStream, endOfStream: bool): bool {
    if (this.isAnswered || this.isResuming) return false;
    const waiter = new Waiter(stream, endOfStream, this.ticks + MAX_WAIT);
    const last = this.last;
    if (last === null) this.first = waiter;
    else last.next = waiter;
    this.last = waiter;
    if (this.period == 0) this.schedule();
    return true;
  }

  /** A stream that waits has ended. */
  release(stream: EgressStream): void {
    let waiter = this.first;
    while (waiter !== null) {
      if (waiter.stream === stream) waiter.stream = null;
      waiter = waiter.next;
    }
  }

  // Lets the streams go on that were to wait until `tick` at most. A local reply may end others.
  private resume(tick: u32): void {
    this.isResuming = true;
    let waiter = this.first;
    while (waiter !== null && waiter.deadline <= tick) {
      this.first = waiter.next;
      if (this.first === null) this.last = null;
      const stream = waiter.stream;
      if (stream !== null) stream.resume(waiter.endOfStream);
      waiter = this.first;
    }
    this.isResuming = false;
    setEffectiveContext(this.root.context_id);
  }

  private schedule(): void {
    const period: u32 = this.token == 0 || this.first !== null ? TICK_MS : 0;
    if (period == this.period) return;
    this.period = period;
    setTickPeriod(period);
  }
}
