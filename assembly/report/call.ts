// What is known of one call: filled in as the request and its answer pass, read by metrics.ts and access-log.ts once it is over.

import { Bytes } from "../bytes/bytes";
import { EMPTY_LABEL, Label, UNKNOWN_LABEL } from "../labels";
import { Code } from "../refuse";
import { Usage } from "../response/usage";

/** How a call ended. */
export const enum Outcome {
  /** Answered below 400, to the end. */
  Ok,
  /** The provider answered 400 or above, or reported an error within its answer. */
  ProviderError,
  /** The filter answered. */
  Rejected,
  /** Envoy answered: it had no provider to ask, or none that answered in time. */
  GatewayError,
  /** The client left before the answer's end. */
  ClientClosed,
  /** The answer broke off. */
  ProviderClosed,
}

/** In the order of Outcome. */
export const outcomeNames: string[] = [
  "ok",
  "provider_error",
  "rejected",
  "gateway_error",
  "client_closed",
  "provider_closed",
];

/** A time that there was none of. */
export const NO_TIME: u64 = u64.MAX_VALUE;

export class Call {
  provider: Label = UNKNOWN_LABEL;
  route: Label = EMPTY_LABEL;
  source: Label = UNKNOWN_LABEL;
  model: Label = UNKNOWN_LABEL;
  outcome: Outcome = Outcome.Ok;
  /** Why the filter answered, where it did. */
  refusal: Code = Code.InvalidJson;
  /** The model sent to the provider, unescaped; null where none is known. */
  modelName: Bytes | null = null;
  /** The status that the client got; 0 where it got none. */
  status: u32 = 0;
  /** In milliseconds; to the first event of a streamed answer, or NO_TIME. */
  firstEvent: u64 = NO_TIME;
  duration: u64 = 0;
  /** What has been read of the answer; null where nothing could be. */
  usage: Usage | null = null;
  /** Whether there should be a usage. */
  expectsUsage: bool = false;

  /** In nanoseconds since 1970. */
  private startedAt: u64 = 0;

  /** Begins the account of a new call. What every call gets in the end stays until then. */
  begin(startedAt: u64): void {
    this.startedAt = startedAt;
    this.provider = UNKNOWN_LABEL;
    this.modelName = null;
    this.firstEvent = NO_TIME;
    this.usage = null;
  }

  /** How many milliseconds after the call's start a time was, in nanoseconds since 1970. The clock may be set back. */
  millisecondsTo(time: u64): u64 {
    return time > this.startedAt ? (time - this.startedAt) / 1_000_000 : 0;
  }
}
