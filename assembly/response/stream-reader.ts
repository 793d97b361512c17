// Reads the usage of a streamed answer, and removes the chunk that the provider sends only because
// the filter requested usage. Comes in: a piece of the stream in memory; goes out: the same memory,
// without that chunk. Kept between calls: the position in the stream, and the bytes of an event
// that may be that chunk: at most MAX_HELD_EVENT_BYTES, and none if the filter has not requested
// usage. Their memory is reused, as no garbage is collected before a stream ends, and a stream may
// have any number of pieces.

import { Bytes } from "../bytes/bytes";
import { Events, SseStep } from "../sse/events";
import { UsageReader } from "./usage-reader";

/** The chunk has a few hundred bytes: a longer event is not held. */
export const MAX_HELD_EVENT_BYTES: usize = 4096;

// Valid within one callback only.
const released = memory.data(4096);

export class StreamReader {
  /** After `feed`: what goes out of the piece, and whether it differs from what came in. */
  outStart: usize = 0;
  outEnd: usize = 0;
  changed: bool = false;
  /**
   * After `feed`: what goes out before the piece; both are the same if nothing does. Valid until
   * another stream is fed.
   */
  releasedStart: usize = released;
  releasedEnd: usize = released;

  private events: Events = new Events();
  private buffer: Bytes | null = null;
  /** How many bytes are held, at the start of the buffer. */
  private heldBytes: usize = 0;
  /**
   * Whether the current event may be the one to remove; where it begins in this piece, or where the
   * piece begins.
   */
  private isUndecided: bool = false;
  private eventStart: usize = 0;
  /** Whether the previous event was removed. */
  private hasDropped: bool = false;
  /** The rest of the piece, from here on, is not in its final place yet. */
  private pending: usize = 0;
  /** Whether the filter requested usage. */
  private drops: bool = false;

  constructor(private usage: UsageReader) {}

  /** Begins a new answer. `drops`: whether the filter requested usage. */
  restart(drops: bool): void {
    this.events.restart();
    this.heldBytes = 0;
    this.isUndecided = false;
    this.drops = drops;
  }

  /** Reads the piece from `start` to `end`; READ_AHEAD_BYTES must follow it in memory. */
  feed(start: usize, end: usize, isLast: bool): void {
    this.changed = false;
    this.releasedEnd = released;
    this.outStart = this.outEnd = this.pending = this.eventStart = start;
    const events = this.events;
    events.at = start;
    let step = events.next(end);
    while (step != SseStep.More) {
      this.follow(step);
      step = events.next(end);
    }
    if (this.isUndecided) {
      if (isLast) this.endEvent(end);
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
        this.eventStart = at;
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

  // The current event ends at `end`, and may still be the one to remove.
  private endEvent(end: usize): void {
    const usage = this.usage;
    // `choices` must be there and empty: events of other APIs have a usage and no `choices`.
    this.hasDropped = usage.hasUsage && usage.hasEmptyChoices && !usage.hasError;
    if (this.hasDropped) this.drop(end);
    else this.keep();
  }

  private keep(): void {
    this.isUndecided = false;
    this.hasDropped = false;
    const size = this.heldBytes;
    if (size == 0) return;
    memory.copy(released, changetype<usize>(this.buffer), size);
    this.releasedEnd = released + size;
    this.heldBytes = 0;
  }

  private drop(end: usize): void {
    this.isUndecided = false;
    this.heldBytes = 0;
    this.forward(this.eventStart);
    this.pending = end;
    this.changed = true;
  }

  private hold(end: usize): void {
    const more = end - this.eventStart;
    const size = this.heldBytes + more;
    if (size == 0) return;
    if (size > MAX_HELD_EVENT_BYTES) {
      this.keep();
      return;
    }
    memory.copy(this.roomFor(size) + this.heldBytes, this.eventStart, more);
    this.heldBytes = size;
    this.forward(this.eventStart);
    this.pending = end;
    this.changed = true;
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
    const size = end - this.pending;
    if (this.outEnd != this.pending) memory.copy(this.outEnd, this.pending, size);
    this.outEnd += size;
    this.pending = end;
  }
}
