// Counts a call. Comes in: a Call that is over; goes out: counters and histograms in Envoy. A
// metric's labels are part of its name, in the form that Istio's bootstrap extracts for
// `extraStatTags`: `TAG=.=value;.;`. Kept between calls: the ids of the metrics so far, by
// provider, route, model and caller, all of which the configuration bounds.

import {
  cachedTokensMetric,
  codeLabel,
  completionTokensMetric,
  durationMetric,
  firstEventMetric,
  keyLabel,
  keyRequestsMetric,
  modelLabel,
  Outcome,
  outcomeLabel,
  outcomes,
  promptTokensMetric,
  providerLabel,
  reasoningTokensMetric,
  reasonLabel,
  rejectedMetric,
  requestsMetric,
  routeLabel,
  searchUnitsMetric,
  sourceLabel,
  usageUnknownMetric,
} from "../../contract/telemetry";
import { decimal } from "../bytes/bytes";
import { defineMetric, increment, MetricKind, record } from "../host/host";
import { codeName } from "../refuse";
import { OTHER_STATUS } from "../response/headers";
import { UNKNOWN } from "../response/usage";
import { Call, NO_TIME } from "./call";

const enum Metric {
  PromptTokens,
  CompletionTokens,
  CachedTokens,
  ReasoningTokens,
  SearchUnits,
  UsageUnknown,
  FirstEvent,
  Duration,
}

// In the order of Metric.
const names: string[] = [
  promptTokensMetric,
  completionTokensMetric,
  cachedTokensMetric,
  reasoningTokensMetric,
  searchUnitsMetric,
  usageUnknownMetric,
  firstEventMetric,
  durationMetric,
];

// The metrics of one provider, route, model and caller. Each is defined when it is first needed, so
// that none shows a meaningless 0.
class Series {
  private tags: string;
  private ids: StaticArray<u32> = new StaticArray<u32>(8);
  /** By status and outcome, and by error code. */
  private requests: Map<u32, u32> = new Map<u32, u32>();
  private rejected: Map<u32, u32> = new Map<u32, u32>();

  constructor(call: Call) {
    this.tags =
      tag(providerLabel, call.provider.tagValue) +
      tag(routeLabel, call.route.tagValue) +
      tag(modelLabel, call.model.tagValue) +
      tag(sourceLabel, call.source.tagValue);
  }

  count(call: Call): void {
    this.countRequest(call.status, call.outcome);
    if (call.outcome == Outcome.Rejected) {
      this.countRejected(call.refusal);
      return;
    }
    record(this.id(Metric.Duration, MetricKind.Histogram), call.duration);
    if (call.firstEvent != NO_TIME) {
      record(this.id(Metric.FirstEvent, MetricKind.Histogram), call.firstEvent);
    }
    this.countTokens(call);
  }

  private countTokens(call: Call): void {
    const usage = call.usage;
    const units = usage === null ? UNKNOWN : usage.searchUnits;
    this.add(Metric.SearchUnits, units);
    if (usage === null || !usage.isKnown) {
      if (call.expectsUsage && units == UNKNOWN) this.add(Metric.UsageUnknown, 1);
      return;
    }
    this.add(Metric.PromptTokens, usage.promptTokens);
    this.add(Metric.CompletionTokens, usage.completionTokens);
    this.add(Metric.CachedTokens, usage.cachedTokens);
    this.add(Metric.ReasoningTokens, usage.reasoningTokens);
  }

  private add(metric: Metric, tokens: u64): void {
    if (tokens != UNKNOWN) increment(this.id(metric, MetricKind.Counter), tokens);
  }

  private countRequest(status: u32, outcome: Outcome): void {
    const key = (status << 8) | outcome;
    if (!this.requests.has(key)) {
      const tags = tag(codeLabel, codeOf(status)) + tag(outcomeLabel, outcomes[outcome]);
      this.requests.set(key, this.define(tags + requestsMetric, MetricKind.Counter));
    }
    increment(this.requests.get(key), 1);
  }

  private countRejected(refusal: u32): void {
    if (!this.rejected.has(refusal)) {
      const name = tag(reasonLabel, codeName(refusal)) + rejectedMetric;
      this.rejected.set(refusal, this.define(name, MetricKind.Counter));
    }
    increment(this.rejected.get(refusal), 1);
  }

  private id(metric: Metric, kind: MetricKind): u32 {
    const id = unchecked(this.ids[metric]);
    if (id != 0) return id;
    const defined = this.define(names[metric], kind);
    unchecked((this.ids[metric] = defined));
    return defined;
  }

  private define(name: string, kind: MetricKind): u32 {
    return defineMetric(kind, this.tags + name);
  }
}

const all = new Map<u64, Series>();
let lastKey: u64 = u64.MAX_VALUE;
let lastSeries: Series | null = null;

/** Counts a call that is over. */
export function countCall(call: Call): void {
  seriesOf(call).count(call);
  if (call.keyPosition != 0) countKey(call);
}

// By provider, position and status.
const keyCounters = new Map<u32, u32>();

function countKey(call: Call): void {
  const key = (call.provider.id << 16) | ((<u32>call.keyPosition) << 11) | call.status;
  if (!keyCounters.has(key)) {
    const tags =
      tag(providerLabel, call.provider.tagValue) +
      tag(keyLabel, decimal(call.keyPosition)) +
      tag(codeLabel, codeOf(call.status));
    keyCounters.set(key, defineMetric(MetricKind.Counter, tags + keyRequestsMetric));
  }
  increment(keyCounters.get(key), 1);
}

function seriesOf(call: Call): Series {
  const key =
    ((<u64>call.provider.id) << 48) |
    ((<u64>call.route.id) << 32) |
    ((<u64>call.model.id) << 16) |
    (<u64>call.source.id);
  const last = lastSeries;
  if (key == lastKey && last !== null) return last;
  if (!all.has(key)) all.set(key, new Series(call));
  const series = all.get(key);
  lastKey = key;
  lastSeries = series;
  return series;
}

function codeOf(status: u32): string {
  return status == OTHER_STATUS ? "other" : decimal(status);
}

function tag(name: string, value: string): string {
  return name + "=.=" + value + ";.;";
}
