// What is known about one call: filled in as the request and its answer pass, read by metrics.ts
// and access-log.ts at its end. Kept between calls: the fields below.

import { ErrorCode } from "../../contract/errors";
import { Outcome } from "../../contract/telemetry";
import { Bytes } from "../bytes/bytes";
import { EMPTY_LABEL, Label, UNKNOWN_LABEL } from "../labels";
import { Usage } from "../response/usage";

/** There is no such time. */
export const NO_TIME: u64 = u64.MAX_VALUE;

export class Call {
  provider: Label = UNKNOWN_LABEL;
  route: Label = EMPTY_LABEL;
  source: Label = UNKNOWN_LABEL;
  model: Label = UNKNOWN_LABEL;
  outcome: Outcome = Outcome.Ok;
  /** Why the filter refused the request, if it did. */
  refusal: ErrorCode = ErrorCode.InvalidJson;
  /** The model sent to the provider, unescaped; null if none is known. */
  modelName: Bytes | null = null;
  /** The status that the client got, or OTHER_STATUS; 0 if it got none. */
  status: u32 = 0;
  /** Milliseconds to the first event of a streamed answer, or NO_TIME. */
  firstEvent: u64 = NO_TIME;
  duration: u64 = 0;
  /** The usage read from the answer; null if the answer could not be read. */
  usage: Usage | null = null;
  /** Whether the answer should have a usage. */
  expectsUsage: bool = false;
  /** The place of the key in a list of several, from 1; 0 if there is only one. */
  keyPosition: u8 = 0;
  /** Whether that key is on trial. */
  isTrial: bool = false;

  /** In nanoseconds since 1970. */
  startedAt: u64 = 0;

  /** Begins a new call. Fields that every call gets at its end are not reset. */
  begin(startedAt: u64): void {
    this.startedAt = startedAt;
    this.provider = UNKNOWN_LABEL;
    this.modelName = null;
    this.firstEvent = NO_TIME;
    this.usage = null;
    this.keyPosition = 0;
  }

  /**
   * Milliseconds from the call's start to `time`, which is in nanoseconds since 1970. 0 if the
   * clock was set back.
   */
  millisecondsTo(time: u64): u64 {
    return time > this.startedAt ? (time - this.startedAt) / 1_000_000 : 0;
  }
}
