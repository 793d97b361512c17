// One configured instance of the filter in one Envoy worker. Comes in: the plugin configuration;
// goes out: a stream for each request. Kept between calls: the decoded configuration, which a
// stream takes when it begins and keeps to its end, and ended streams for reuse.

import { misroutedMetric } from "../contract/telemetry";
import { Config } from "./config/config";
import { decodeConfig } from "./config/decode";
import { MAX_HELD_MEMBER_BYTES } from "./edit/held-bytes";
import {
  Context,
  defineMetric,
  getPluginConfiguration,
  log,
  LogLevel,
  MetricKind,
  resultEnd,
  resultStart,
  RootContext,
} from "./host/host";
import { reserveRoom } from "./host/memory";
import { Idle } from "./idle";
import { KeyClient } from "./key-client";
import { EgressStream } from "./stream";

export class EgressRoot extends RootContext {
  config: Config = new Config();
  /** Counts requests whose key went to a cluster other than its own. */
  misroutedCounter: u32 = 0;
  /** Gets keys from the key server; null if the configuration names none. */
  private keyClient: KeyClient | null = null;
  private idleStreams: Idle<EgressStream> = new Idle<EgressStream>();

  createContext(id: u32): Context {
    const stream = this.idleStreams.take();
    if (stream === null) return new EgressStream(id, this);
    stream.begin(id);
    return stream;
  }

  /** A stream has ended. */
  release(stream: EgressStream): void {
    this.idleStreams.give(stream);
  }

  /**
   * False if the configuration can't be read at all: Envoy then rejects it, and keeps the last good
   * one if there is one.
   */
  onConfigure(bytes: u32): bool {
    if (bytes == 0 || !getPluginConfiguration(bytes)) {
      log(LogLevel.Error, "plugin configuration refused: it is empty");
      return false;
    }
    const decoded = decodeConfig(resultStart, resultEnd);
    const config = decoded.config;
    if (config === null) {
      log(LogLevel.Error, "plugin configuration refused: " + decoded.fault);
      return false;
    }
    this.config = config;
    reserveRoom(MAX_HELD_MEMBER_BYTES, config.longestBlockBytes);
    this.takeKeys();
    this.findKeys();
    // Ended streams refer to the previous configuration and its keys.
    this.idleStreams = new Idle<EgressStream>();
    this.misroutedCounter = defineMetric(MetricKind.Counter, misroutedMetric);
    for (let i = 0; i < config.faults.length; i++) log(LogLevel.Error, config.faults[i]);
    return true;
  }

  /** Takes the keys that the key server has handed out last. */
  takeKeys(): void {
    this.config.takeKeys();
    reserveRoom(this.config.longestKeyBytes, 0);
  }

  private findKeys(): void {
    if (this.config.keyCluster.length == 0) return;
    if (this.keyClient === null) this.keyClient = new KeyClient(this);
    this.keyClient!.begin();
  }

  /** Whether a stream whose key is unknown waits for it. `endOfStream`: it has no body. */
  hold(stream: EgressStream, endOfStream: bool): bool {
    const client = this.keyClient;
    return client !== null && client.hold(stream, endOfStream);
  }

  /** A stream has ended before its key has come. */
  letGo(stream: EgressStream): void {
    const client = this.keyClient;
    if (client !== null) client.release(stream);
  }

  onTick(): void {
    const client = this.keyClient;
    if (client !== null) client.tick();
  }

  onHttpCallResponse(token: u32, _headers: u32, bodyBytes: u32, _trailers: u32): void {
    const client = this.keyClient;
    if (client !== null) client.end(token, bodyBytes);
  }
}
