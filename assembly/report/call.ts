// What is known of one call when it is over: filled in by the stream, read by metrics.ts and access-log.ts within the same callback.

import { Bytes } from "../json/bytes";
import { Code } from "../refuse";
import { Usage } from "../response/usage";
import { Label } from "./labels";

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

  constructor(
    public provider: Label,
    public route: Label,
    public source: Label,
    public model: Label,
  ) {}
}
