// The provider's answer to one request, forwarded in the callback that brings it. Comes in: its
// headers and chunks; goes out: the same, except what ResponseHeaders and StreamReader remove. Kept
// between calls: how far the answer has come, and what reads its usage.

import {
  getResponseBody,
  now,
  prependResponseBody,
  replaceResponseBody,
  resultEnd,
  resultStart,
} from "../host/host";
import { Credential } from "../keys/credential";
import { removeLength, ResponseHeaders } from "./headers";
import { StreamReader } from "./stream-reader";
import { UsageReader } from "./usage-reader";

// Valid within one callback only.
const headers = new ResponseHeaders();

export class Answer {
  /** The status code; 0 before the headers. */
  status: u32 = 0;
  /** Whether the end of the answer has come. */
  isComplete: bool = false;
  /**
   * When the first event with data came, in nanoseconds since 1970; 0 before that, and if the
   * answer is not streamed.
   */
  firstEventAt: u64 = 0;
  /** Null if the usage can't be read. */
  usage: UsageReader | null = null;

  /** Each is null before the first answer that needs it. */
  private usageReader: UsageReader | null = null;
  private streamReader: StreamReader | null = null;
  private isStreamed: bool = false;

  /** Begins a new answer, before its headers. */
  restart(): void {
    this.status = 0;
    this.isStreamed = false;
    this.firstEventAt = 0;
    this.usage = null;
  }

  /**
   * The headers have come. `hasUsage`: whether the endpoint's answers have a usage; `asksForUsage`:
   * whether the filter requested it.
   */
  begin(credential: Credential | null, hasUsage: bool, asksForUsage: bool): void {
    headers.clean(credential);
    this.status = headers.status;
    if (!hasUsage || !headers.isReadable) return;
    let usage = this.usageReader;
    if (usage === null) usage = this.usageReader = new UsageReader();
    usage.restart();
    this.usage = usage;
    if (!headers.isEventStream) return;
    this.isStreamed = true;
    let reader = this.streamReader;
    if (reader === null) reader = this.streamReader = new StreamReader(usage);
    reader.restart(asksForUsage);
    if (asksForUsage && headers.hasLength) removeLength();
  }

  /** A chunk of `size` bytes has come. */
  pass(size: u32, endOfStream: bool): void {
    this.isComplete = endOfStream;
    const usage = this.usage;
    if (usage === null || (size == 0 && !endOfStream)) return;
    let start: usize = 0;
    let end: usize = 0;
    if (size != 0) {
      if (!getResponseBody(size)) return;
      start = resultStart;
      end = resultEnd;
    }
    if (!this.isStreamed) {
      usage.feed(start, end);
      return;
    }
    const reader = this.streamReader!;
    reader.feed(start, end, endOfStream);
    if (this.firstEventAt == 0 && usage.hasObject) this.firstEventAt = now();
    if (reader.changed) replaceResponseBody(size, reader.outStart, reader.outEnd);
    const releasedStart = reader.releasedStart;
    if (reader.releasedEnd != releasedStart) prependResponseBody(releasedStart, reader.releasedEnd);
  }
}
