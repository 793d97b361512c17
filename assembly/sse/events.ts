// Finds the events of a server-sent event stream (WHATWG HTML, 9.2.6) as it arrives, in pieces
// split anywhere. Comes in: the bytes from `at` to an end; goes out: a SseStep for each piece of
// data, at the end of each event, and for an error that a field reports. Lines end with CR, LF or
// CRLF; a byte order mark may precede the first. Kept between calls: the position within the line.

import { Char } from "../bytes/chars";
import { findLineEnd } from "../bytes/lanes";

/** Why `next` has returned. */
export const enum SseStep {
  /** All bytes are read. */
  More,
  /** The first line of an event that is not a comment begins at `at`. */
  Begin,
  /**
   * The bytes from `start` to `at` are data. The end of a line of data has no step: to a reader of
   * JSON it is whitespace.
   */
  Data,
  /** The current event reports an error: it has a line `event: error`, or a field `error`. */
  Error,
  /** The blank line that ends an event ends at `at`. */
  End,
  /** The byte before `at` is the line feed of a CRLF that ended an event in the previous piece. */
  EndTail,
}

const enum LinePart {
  LineStart,
  /** The name of a field, up to its colon. */
  Name,
  /** A space, which is skipped, or data. */
  Space,
  Data,
  /** The value of the field `event`. */
  EventName,
  /** The rest of a comment or of another field. */
  Rest,
}

// Words of at most seven letters, the last one in the lowest byte.
const DATA: u64 = 0x64617461;
const EVENT: u64 = 0x6576656e74;
const ERROR: u64 = 0x6572726f72;
const ID: u64 = 0x6964;
const RETRY: u64 = 0x7265747279;
const COMMENT: u64 = 0;
const LONGEST_WORD: u64 = 0xffffffffffffff;

const MARK: u32 = 0xbfbbef; // EF BB BF, the first byte in the lowest

export class Events {
  /** The next byte to read. The caller sets it for each piece. */
  at: usize = 0;
  /** Where the data of SseStep.Data begins. */
  start: usize = 0;
  /** Whether the first line that is not empty is not a line of an event stream. */
  isForeign: bool = false;

  private part: LinePart = LinePart.LineStart;
  /** The letters so far of the field's name, or of the value of `event`. */
  private word: u64 = 0;
  /**
   * The missing bytes of the byte order mark while it may come; the next one is in the lowest byte.
   */
  private mark: u32 = MARK;
  /** Whether a comment, or a field that the standard names, has come. */
  private hasField: bool = false;
  /** Whether the previous byte was a CR, and whether that CR ended an event. */
  private afterReturn: bool = false;
  private afterEnd: bool = false;
  /** Whether the current event has a line that is not a comment. */
  private isBegun: bool = false;

  /** Begins a new stream. */
  restart(): void {
    this.part = LinePart.LineStart;
    this.mark = MARK;
    this.afterReturn = this.afterEnd = this.isBegun = false;
    this.hasField = this.isForeign = false;
  }

  /**
   * Reads from `at` to the next step, at most to `end`, after which READ_AHEAD_BYTES must be in
   * memory.
   */
  next(end: usize): SseStep {
    while (this.at < end) {
      const step = this.advance(end);
      if (step != SseStep.More) return step;
    }
    return SseStep.More;
  }

  private advance(end: usize): SseStep {
    switch (this.part) {
      case LinePart.LineStart:
        return this.startLine(end);
      case LinePart.Name:
        return this.readName();
      case LinePart.Space:
        if (load<u8>(this.at) == Char.Space) this.at++;
        this.part = LinePart.Data;
        return SseStep.More;
      case LinePart.Data:
        this.start = this.at;
        this.at = findLineEnd(this.at, end);
        if (this.at != this.start) return SseStep.Data;
        this.endLine();
        return SseStep.More;
      case LinePart.EventName:
        return this.readEventName();
      default:
        this.at = findLineEnd(this.at, end);
        if (this.at < end) this.endLine();
        return SseStep.More;
    }
  }

  private startLine(end: usize): SseStep {
    const byte = load<u8>(this.at);
    if (this.afterReturn) {
      const wasEnd = this.afterEnd;
      this.afterReturn = this.afterEnd = false;
      if (byte == Char.LineFeed) {
        this.at++;
        return wasEnd ? SseStep.EndTail : SseStep.More;
      }
    }
    if (this.mark != 0 && byte == <u8>this.mark) {
      this.mark >>= 8;
      this.at++;
      return SseStep.More;
    }
    this.mark = 0;
    if (byte == Char.Return || byte == Char.LineFeed) return this.endEvent(byte, end);
    this.word = 0;
    this.part = LinePart.Name;
    if (this.isBegun || byte == Char.Colon) return SseStep.More;
    this.isBegun = true;
    return SseStep.Begin;
  }

  private endEvent(byte: u8, end: usize): SseStep {
    this.at++;
    this.isBegun = false;
    if (byte == Char.Return) {
      if (this.at < end && load<u8>(this.at) == Char.LineFeed) this.at++;
      else this.afterReturn = this.afterEnd = this.at == end;
    }
    return SseStep.End;
  }

  private readName(): SseStep {
    const byte = load<u8>(this.at);
    if (byte == Char.Colon) {
      this.at++;
      return this.endName();
    }
    // A line that is only `data` has no data, and needs no step.
    if (!this.takeLetter(byte)) this.endOtherName();
    return SseStep.More;
  }

  private endName(): SseStep {
    const name = this.word;
    if (name == ERROR) {
      // Not of the standard: llama.cpp and others end a stream so.
      this.part = LinePart.Rest;
      return SseStep.Error;
    }
    if (name == DATA || name == EVENT || name == ID || name == RETRY || name == COMMENT) {
      this.hasField = true;
      this.word = 0;
      this.part =
        name == DATA ? LinePart.Space : name == EVENT ? LinePart.EventName : LinePart.Rest;
    } else {
      this.endOtherName();
    }
    return SseStep.More;
  }

  private endOtherName(): void {
    this.part = LinePart.Rest;
    this.isForeign = !this.hasField;
  }

  private readEventName(): SseStep {
    const byte = load<u8>(this.at);
    const isLeading = this.word == 0 && byte == Char.Space;
    if (isLeading) this.at++;
    if (isLeading || this.takeLetter(byte)) return SseStep.More;
    this.part = LinePart.Rest;
    const isEnd = byte == Char.Return || byte == Char.LineFeed;
    return isEnd && this.word == ERROR ? SseStep.Error : SseStep.More;
  }

  // Appends a letter to the word, if it can be one of a word that is looked for.
  private takeLetter(byte: u8): bool {
    const word = (this.word << 8) | byte;
    if (byte <= Char.Space || word > LONGEST_WORD) return false;
    this.word = word;
    this.at++;
    return true;
  }

  // At the CR or LF that ends a line that is not empty.
  private endLine(): void {
    this.afterReturn = load<u8>(this.at++) == Char.Return;
    this.part = LinePart.LineStart;
  }
}
