// The provider's answer to one request, forwarded in the callback that brings it. Comes in: its
// headers and chunks; goes out: the same, except what ResponseHeaders, StreamReader and KeyMask
// remove. Kept between calls: how far the answer has come, and what reads its body.

import {
  getResponseBody,
  now,
  prependResponseBody,
  replaceResponseBody,
  resultEnd,
  resultStart,
} from "../host/host";
import { Bytes } from "../bytes/bytes";
import { READ_AHEAD_BYTES } from "../bytes/lanes";
import { Credential } from "../keys/credential";
import { FrameReader } from "./frame-reader";
import { removeLength, ResponseHeaders } from "./headers";
import { isMasked, KeyMask, maskedEnd, maskedStart } from "./key-mask";
import {
  isChanged,
  outEnd,
  outStart,
  releasedEnd,
  releasedStart,
  StreamReader,
} from "./stream-reader";
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
  /** Null unless the answer has frames. */
  private frames: FrameReader | null = null;
  /** Hides keys in the body; null unless the answer is an error to a request that had any. */
  private mask: KeyMask | null = null;

  /** Begins a new answer, before its headers. */
  restart(): void {
    this.status = 0;
    this.isStreamed = false;
    this.frames = null;
    this.firstEventAt = 0;
    this.usage = null;
    this.mask = null;
  }

  /**
   * The headers have come of the answer to a request with these keys. `readsUsage`: whether a usage
   * in it counts; `asksForUsage`: whether the filter requested it.
   */
  begin(
    credential: Credential | null,
    secrets: Bytes[],
    readsUsage: bool,
    asksForUsage: bool,
  ): void {
    headers.clean(credential, secrets);
    this.status = headers.status;
    if (!headers.isSuccess) {
      const hidden = secrets.slice(0);
      if (credential !== null) hidden.push(credential.key);
      if (hidden.length != 0) this.mask = new KeyMask(hidden);
      return;
    }
    if (!readsUsage || headers.isCompressed) return;
    let usage = this.usageReader;
    if (usage === null) usage = this.usageReader = new UsageReader();
    usage.restart();
    this.usage = usage;
    if (headers.isJson) return;
    if (headers.hasFrames) {
      this.frames = new FrameReader();
      return;
    }
    this.isStreamed = true;
    let reader = this.streamReader;
    if (reader === null) reader = this.streamReader = new StreamReader(usage);
    reader.restart(asksForUsage, headers.isEventStream);
    if (asksForUsage && headers.hasLength) removeLength();
  }

  /** A chunk of `size` bytes has come. */
  pass(size: u32, endOfStream: bool): void {
    this.isComplete = endOfStream;
    const mask = this.mask;
    const usage = this.usage;
    if ((usage === null && mask === null) || (size == 0 && !endOfStream)) return;
    if (mask !== null) {
      this.hide(mask, size);
      return;
    }
    let start: usize = 0;
    let end: usize = 0;
    if (size != 0) {
      if (!getResponseBody(size)) return;
      start = resultStart;
      end = resultEnd;
    }
    if (this.isStreamed) this.readEvents(usage!, start, end);
    else if (this.frames !== null) this.frames!.feed(usage!, start, end);
    else usage!.feed(start, end);
  }

  private hide(mask: KeyMask, size: u32): void {
    if (size == 0) {
      const bytes = <i32>mask.heldBytes;
      if (bytes == 0) return;
      const room = new ArrayBuffer(bytes + <i32>READ_AHEAD_BYTES);
      const end = changetype<usize>(room) + bytes;
      mask.hide(end, end, true);
      prependResponseBody(maskedStart, end);
    } else if (getResponseBody(size)) {
      mask.hide(resultStart, resultEnd, this.isComplete);
      if (isMasked) replaceResponseBody(size, maskedStart, maskedEnd);
    }
  }

  private readEvents(usage: UsageReader, start: usize, end: usize): void {
    const reader = this.streamReader!;
    reader.feed(start, end, this.isComplete);
    if (reader.isForeign) this.usage = null;
    else if (this.firstEventAt == 0 && usage.hasObject) this.firstEventAt = now();
    if (isChanged) replaceResponseBody(<u32>(end - start), outStart, outEnd);
    if (releasedEnd != releasedStart) prependResponseBody(releasedStart, releasedEnd);
  }
}
