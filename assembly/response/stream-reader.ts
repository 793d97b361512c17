// Reads the usage of a streamed answer, and removes the chunk that the provider sends only because
// the filter requested usage; if that chunk has more than the usage, only the usage. Comes in: a
// piece of the stream in memory; goes out: the same memory, without that chunk. Kept between calls:
// the position in the stream, and the bytes of an event that may be that chunk: at most
// MAX_HELD_EVENT_BYTES, and none if the filter has not requested usage. Their memory is reused, as no
// garbage is collected before a stream ends, and a stream may have any number of pieces.

import { Bytes } from "../bytes/bytes";
import { Events, SseStep } from "../sse/events";
import { writeChoice } from "./usage-chunk";
import { UsageReader } from "./usage-reader";

/** The chunk has a few hundred bytes: a longer event is not held. */
export const MAX_HELD_EVENT_BYTES: usize = 4096;

// What `feed` has done, valid until another stream is fed.
/** What goes out of the piece, and whether it differs from what came in. */
export let outStart: usize = 0;
export let outEnd: usize = 0;
export let isChanged: bool = false;
/** What goes out before the piece; both are the same if nothing does. */
export const releasedStart: usize = memory.data(4096);
export let releasedEnd: usize = releasedStart;

// Where the current event begins in this piece, or where the piece begins.
let eventStart: usize = 0;
// The rest of the piece, from here on, is not in its final place yet.
let pending: usize = 0;

export class StreamReader {
  private events: Events = new Events();
  private buffer: Bytes | null = null;
  /** How many bytes are held, at the start of the buffer. */
  private heldBytes: usize = 0;
  /** Whether the current event may be the one to remove. */
  private isUndecided: bool = false;
  /** Whether the previous event was removed. */
  private hasDropped: bool = false;
  /** As `restart` says. */
  private drops: bool = false;
  private isNamed: bool = false;

  constructor(private usage: UsageReader) {}

  /** Whether the answer is not an event stream: neither by its type nor by its first line. */
  get isForeign(): bool {
    return this.events.isForeign && !this.isNamed;
  }

  /**
   * Begins a new answer. `drops`: whether the filter requested usage; `isNamed`: whether the answer
   * has the type of an event stream.
   */
  restart(drops: bool, isNamed: bool): void {
    this.isNamed = isNamed;
    this.events.restart();
    this.heldBytes = 0;
    this.isUndecided = false;
    this.drops = drops;
  }

  /** Reads the piece from `start` to `end`; READ_AHEAD_BYTES must follow it in memory. */
  feed(start: usize, end: usize, isLast: bool): void {
    isChanged = false;
    releasedEnd = releasedStart;
    outStart = outEnd = pending = eventStart = start;
    this.usage.origin = start - this.heldBytes;
    const events = this.events;
    events.at = start;
    let step = events.next(end);
    while (step != SseStep.More && !this.isForeign) {
      this.follow(step);
      step = events.next(end);
    }
    if (this.isUndecided) {
      if (this.isForeign) this.keep();
      else if (isLast) this.endEvent(end);
      else this.hold(end);
    }
    this.forward(end);
  }

  private follow(step: SseStep): void {
    const usage = this.usage;
    const at = this.events.at;
    switch (step) {
      case SseStep.Begin:
        // Comments before it are not part of it. They may keep a connection alive, and are never
        // held.
        this.isUndecided = this.drops;
        eventStart = usage.origin = at;
        break;
      case SseStep.Error:
        usage.fail();
        if (this.isUndecided) this.keep();
        break;
      case SseStep.Data:
        usage.feed(this.events.start, at);
        if (this.isUndecided && (usage.hasChoices || usage.isOther)) this.keep();
        break;
      case SseStep.End:
        if (this.isUndecided) this.endEvent(at);
        else this.hasDropped = false;
        usage.beginText();
        break;
      default:
        if (this.hasDropped) this.drop(at);
    }
  }

  // The current event ends at `end`, and may still be the one to remove: any event with a usage and
  // without a choice, as clients read the first choice of each chunk.
  private endEvent(end: usize): void {
    const usage = this.usage;
    const isRequested = usage.hasUsage && !usage.hasChoices && !usage.hasError;
    this.hasDropped = isRequested && !usage.hasMore;
    if (this.hasDropped) this.drop(end);
    else if (isRequested) this.replaceUsage(end);
    else this.keep();
  }

  // The rest of the event goes out in a chunk that has one empty choice.
  private replaceUsage(end: usize): void {
    let start = eventStart;
    if (this.heldBytes != 0) {
      this.hold(end);
      if (this.heldBytes == 0) return;
      start = changetype<usize>(this.buffer);
      end = start + this.heldBytes;
    }
    if (writeChoice(this.usage, start, end)) isChanged = true;
    this.keep();
  }

  private keep(): void {
    this.isUndecided = false;
    this.hasDropped = false;
    const size = this.heldBytes;
    if (size == 0) return;
    memory.copy(releasedStart, changetype<usize>(this.buffer), size);
    releasedEnd = releasedStart + size;
    this.heldBytes = 0;
  }

  private drop(end: usize): void {
    this.isUndecided = false;
    this.heldBytes = 0;
    this.forward(eventStart);
    pending = end;
    isChanged = true;
  }

  private hold(end: usize): void {
    const more = end - eventStart;
    const size = this.heldBytes + more;
    if (size == 0) return;
    if (size > MAX_HELD_EVENT_BYTES) {
      this.keep();
      return;
    }
    memory.copy(this.roomFor(size) + this.heldBytes, eventStart, more);
    this.heldBytes = size;
    this.forward(eventStart);
    pending = end;
    isChanged = true;
  }

  // The start of a buffer that has room for `size` bytes and has the held ones.
  private roomFor(size: usize): usize {
    const buffer = this.buffer;
    if (buffer !== null && <usize>buffer.byteLength >= size) return changetype<usize>(buffer);
    const larger = new ArrayBuffer(<i32>(size + size / 2));
    const start = changetype<usize>(larger);
    if (buffer !== null) memory.copy(start, changetype<usize>(buffer), this.heldBytes);
    this.buffer = larger;
    return start;
  }

  // Appends the pending bytes up to `end` to what goes out.
  private forward(end: usize): void {
    const size = end - pending;
    if (outEnd != pending) memory.copy(outEnd, pending, size);
    outEnd += size;
    pending = end;
  }
}
