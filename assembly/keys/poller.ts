// Polls the key server: one call is always under way, which the server answers at once if this
// worker's keys differ from its own, or else when they change. Each call acknowledges the
// configuration that is in effect. After a failure the next call waits, each time twice as long.
// Kept between calls: the call under way, when the next one is due, and the keys.

import { isMemberName } from "../../contract/characters";
import { Bytes, bytesOf, decimal } from "../bytes/bytes";
import { callCluster, log, LogLevel, now } from "../host/host";
import { Keyring } from "./keyring";

/** The server answers after 25 s even if nothing changes. */
const TIMEOUT_MS: u32 = 30_000;
const FIRST_PAUSE_MS: u32 = 50;
const LAST_PAUSE_MS: u32 = 2_000;

export class Poller {
  keyring: Keyring = new Keyring();
  /** Whether the server has answered since `begin`. */
  isAnswered: bool = false;
  /** How long until the next call; 0 while a call is under way. */
  pauseMs: u32 = 0;

  private cluster: Bytes = new ArrayBuffer(0);
  private revision: string = "";
  /** Of the call under way; 0 if there is none. */
  private token: u32 = 0;
  private nextPauseMs: u32 = FIRST_PAUSE_MS;
  private hasFailed: bool = false;

  /**
   * Polls `cluster` for the configuration `revision` from now on. The first call is made by the
   * next tick: Envoy configures the plugin in a VM that it discards as well, which must not
   * acknowledge anything.
   */
  begin(cluster: string, revision: string): void {
    this.cluster = bytesOf(cluster);
    this.revision = revision;
    this.isAnswered = false;
    this.token = 0;
    this.pauseMs = 1;
    this.nextPauseMs = FIRST_PAUSE_MS;
  }

  /** Time has passed since the last `wait` or since `begin`. Calls the server if that is due. */
  wait(milliseconds: u32): void {
    if (this.token != 0) return;
    this.pauseMs -= min(this.pauseMs, milliseconds);
    if (this.pauseMs == 0) this.call();
  }

  private call(): void {
    const version = encode(this.keyring.version);
    const path = "/v1/keys?version=" + version + "&config=" + encode(this.revision);
    this.pauseMs = 0;
    this.token = callCluster(this.cluster, path, TIMEOUT_MS);
    if (this.token == 0) this.pause("Envoy has no cluster for it");
  }

  /** Whether the call `token`, which is over, is the one under way. */
  isCurrent(token: u32): bool {
    return this.token == token;
  }

  /** The call has brought new keys. */
  succeed(): void {
    this.recover();
    this.call();
  }

  /** The call has brought no new keys; its answer has this status, or 0 if there is none. */
  end(status: u32): void {
    this.token = 0;
    if (status == 304) {
      this.recover();
      this.pauseMs = FIRST_PAUSE_MS;
    } else if (status == 200) {
      this.pause("its answer can't be read");
    } else {
      this.pause(status == 0 ? "it can't be reached" : "it replies " + decimal(status));
    }
  }

  private recover(): void {
    if (this.hasFailed) log(LogLevel.Warn, "keys: the key server answers again");
    this.hasFailed = false;
    this.isAnswered = true;
    this.nextPauseMs = FIRST_PAUSE_MS;
  }

  // The pause is at least half of what it may be, so that workers that failed together don't call
  // together.
  private pause(reason: string): void {
    if (!this.hasFailed) log(LogLevel.Warn, "keys: the key server is away: " + reason);
    this.hasFailed = true;
    const half = this.nextPauseMs / 2;
    this.pauseMs = half + 1 + <u32>((now() / 1_000) % half);
    this.nextPauseMs = min(this.nextPauseMs * 2, LAST_PAUSE_MS);
  }
}

// Percent-encodes printable ASCII for a query.
function encode(text: string): string {
  let encoded = "";
  for (let i = 0; i < text.length; i++) {
    const letter = text.charAt(i);
    encoded += isMemberName(letter) ? letter : "%" + text.charCodeAt(i).toString(16);
  }
  return encoded;
}
