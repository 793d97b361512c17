// One configured instance of the filter in one Envoy worker. Comes in: the plugin configuration; goes out: a stream for each request. Kept
// between calls: the decoded configuration, which every stream takes as it stands when the stream begins.

import { Config } from "./config/config";
import { decodeConfig } from "./config/decode";
import {
  answerEnd,
  answerStart,
  Context,
  defineMetric,
  getPluginConfiguration,
  log,
  LogLevel,
  MetricKind,
  RootContext,
} from "./host/host";
import { reserveBlock } from "./host/memory";
import { EgressStream } from "./stream";

export class EgressRoot extends RootContext {
  config: Config = new Config();
  /** Counts requests whose key went to another cluster than its own. */
  misroutedCounter: u32 = 0;

  createContext(id: u32): Context {
    return new EgressStream(id, this);
  }

  /** False where the configuration can't be read at all: Envoy then refuses it, and keeps the last good one where there is one. */
  onConfigure(bytes: u32): bool {
    if (bytes == 0 || !getPluginConfiguration(bytes)) {
      log(LogLevel.Error, "plugin configuration refused: there is none");
      return false;
    }
    const decoded = decodeConfig(answerStart, answerEnd);
    const config = decoded.config;
    if (config === null) {
      log(LogLevel.Error, "plugin configuration refused: " + decoded.fault);
      return false;
    }
    this.config = config;
    this.misroutedCounter = defineMetric(MetricKind.Counter, "llm_egress_misrouted");
    reserveBlock(config.longestBlockBytes);
    for (let i = 0; i < config.faults.length; i++) log(LogLevel.Error, config.faults[i]);
    return true;
  }
}
