// Reads the usage out of a streamed answer, and takes out of it the chunk that the provider sends only because the filter asked for usage.
// Comes in: a piece of the stream in memory; goes out: the same memory, without that chunk. Kept between calls: the place in the stream,
// and the bytes of an event that may yet turn out to be that chunk: at most MAX_HELD_BYTES, and none where nothing is taken out.

import { Bytes } from "../json/bytes";
import { Events, Step } from "../sse/events";
import { UsageReader } from "./usage-reader";

/** The chunk is a few hundred bytes: a longer event is no longer waited for. */
export const MAX_HELD_BYTES: usize = 4096;

export class StreamReader {
  /** After `feed`: what of the piece is to go out, whether that differs from what came in, and what goes out before it, if anything. */
  outStart: usize = 0;
  outEnd: usize = 0;
  changed: bool = false;
  released: Bytes | null = null;

  private events: Events = new Events();
  private held: Bytes | null = null;
  /** Whether the current event may be the one to be taken out; where it begins in this piece, or where the piece begins. */
  private isUndecided: bool;
  private eventStart: usize = 0;
  /** Whether the event before was taken out. */
  private hasDropped: bool = false;
  /** What of this piece has not been put in its place yet begins here. */
  private pending: usize = 0;

  constructor(
    private usage: UsageReader,
    /** Whether the filter asked for usage. */
    private drops: bool,
  ) {
    this.isUndecided = drops;
  }

  /** Reads the piece from `start` to `end`; READ_AHEAD_BYTES must follow it in memory. */
  feed(start: usize, end: usize, isLast: bool): void {
    this.changed = false;
    this.released = null;
    this.outStart = this.outEnd = this.pending = this.eventStart = start;
    const events = this.events;
    events.at = start;
    let step = events.next(end);
    while (step != Step.More) {
      this.follow(step);
      step = events.next(end);
    }
    if (this.isUndecided) {
      if (isLast) this.endEvent(end);
      else this.hold(end);
    }
    this.forward(end);
  }

  private follow(step: Step): void {
    const usage = this.usage;
    const at = this.events.at;
    switch (step) {
      case Step.Data:
        usage.feed(this.events.start, at);
        if (this.isUndecided && (usage.hasChoices || usage.isOther)) this.keep();
        break;
      case Step.End:
        if (this.isUndecided) this.endEvent(at);
        usage.restart();
        this.isUndecided = this.drops;
        this.eventStart = at;
        break;
      default:
        if (this.hasDropped) this.drop(at);
        this.eventStart = at;
    }
  }

  // The current event ends at `end`, and nothing in it says that it is another one.
  private endEvent(end: usize): void {
    this.hasDropped = this.usage.hasUsage && !this.usage.hasFailed;
    if (this.hasDropped) this.drop(end);
    else this.keep();
  }

  private keep(): void {
    this.isUndecided = false;
    this.hasDropped = false;
    const held = this.held;
    if (held === null) return;
    this.released = held;
    this.held = null;
  }

  private drop(end: usize): void {
    this.held = null;
    this.forward(this.eventStart);
    this.pending = end;
    this.changed = true;
  }

  private hold(end: usize): void {
    const held = this.held;
    const heldBytes: usize = held === null ? 0 : held.byteLength;
    const size = heldBytes + (end - this.eventStart);
    if (size == 0) return;
    if (size > MAX_HELD_BYTES) {
      this.keep();
      return;
    }
    const all = new ArrayBuffer(<i32>size);
    const at = changetype<usize>(all);
    if (held !== null) memory.copy(at, changetype<usize>(held), heldBytes);
    memory.copy(at + heldBytes, this.eventStart, end - this.eventStart);
    this.held = all;
    this.forward(this.eventStart);
    this.pending = end;
    this.changed = true;
  }

  // What is pending, up to `end`, goes out behind what goes out already.
  private forward(end: usize): void {
    const size = end - this.pending;
    if (this.outEnd != this.pending) memory.copy(this.outEnd, this.pending, size);
    this.outEnd += size;
    this.pending = end;
  }
}
