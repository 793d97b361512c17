// Reads the token usage out of an answer's JSON as it passes, in pieces split anywhere: a whole
// answer, or the data of one event after another. Comes in: runs of bytes; goes out: numbers, and
// what kind of text it was. Nothing is held and nothing is validated. The usage is at the top; in
// OpenAI's Responses under `response`, and at the start of an Anthropic stream under `message`.
// Kept between calls: the position in the text.

import { isDigit } from "../bytes/bytes";
import { CASE_BIT, Char } from "../bytes/chars";
import { HASH_START, hashByte, hashOf } from "../bytes/key-hash";
import { findStructure, specialBytes } from "../bytes/lanes";
import { UNKNOWN, Usage } from "./usage";

const enum Mode {
  Token,
  /** In a string that is skipped, and after a backslash there. */
  Text,
  Escaped,
  /** In a key, or in the value of a top-level `type`. */
  Key,
  Type,
  Number,
}

/** Which object is open. Any other object is skipped. */
const enum Place {
  None,
  Top,
  /** A `response` or `message`, which contains what other APIs have at the top. */
  Wrapper,
  Usage,
  /** `…_tokens_details`. */
  Details,
}

const USAGE = hashOf("usage");
const RESPONSE = hashOf("response");
const MESSAGE = hashOf("message");
const CHOICES = hashOf("choices");
const ERROR = hashOf("error");
const TYPE = hashOf("type");
const PROMPT_DETAILS = hashOf("prompt_tokens_details");
const COMPLETION_DETAILS = hashOf("completion_tokens_details");
const INPUT_DETAILS = hashOf("input_tokens_details");
const OUTPUT_DETAILS = hashOf("output_tokens_details");

export class UsageReader extends Usage {
  /** Whether any text has begun with an object. */
  hasObject: bool = false;
  /** Whether the provider has reported an error within its answer. */
  hasFailed: bool = false;
  /**
   * Of the current text: whether it has a `usage` that is an object, `choices` that are not empty,
   * `choices` that are empty, an `error`; whether it is not an object.
   */
  hasUsage: bool = false;
  hasChoices: bool = false;
  hasEmptyChoices: bool = false;
  hasError: bool = false;
  isOther: bool = false;

  private mode: Mode = Mode.Token;
  /**
   * The open objects that are read, the innermost in the lowest byte; and how many skipped objects
   * and arrays are open within it.
   */
  private places: u32 = Place.None;
  private skipped: u32 = 0;
  /** Whether a value is next. */
  private isValue: bool = false;
  private inChoices: bool = false;
  private hash: u64 = 0;
  /** The number, or the hash of the type, so far. */
  private number: u64 = 0;
  private hasFraction: bool = false;
  private isCount: bool = false;

  /** Begins a new answer. */
  restart(): void {
    this.forget();
    this.hasObject = this.hasFailed = false;
    this.beginText();
  }

  /** Begins a new text of the same answer. Numbers are kept until new ones come. */
  beginText(): void {
    this.hasUsage = this.hasChoices = this.hasEmptyChoices = this.hasError = this.isOther = false;
    this.isValue = this.inChoices = false;
    this.mode = Mode.Token;
    this.places = Place.None;
    this.skipped = 0;
    this.hash = 0;
  }

  /** Reads a piece of the text. READ_AHEAD_BYTES must follow it in memory. */
  feed(start: usize, end: usize): void {
    let at = start;
    while (at < end) {
      switch (this.mode) {
        case Mode.Text:
          at = this.readText(at, end);
          break;
        case Mode.Escaped:
          at++;
          this.mode = Mode.Text;
          break;
        case Mode.Key:
        case Mode.Type:
          at = this.readName(at, end);
          break;
        case Mode.Number:
          at = this.readNumber(at, end);
          break;
        default:
          at = this.skipped == 0 ? this.readTokens(at, end) : this.skip(at, end);
      }
    }
  }

  private readText(at: usize, end: usize): usize {
    for (; at < end; at += 16) {
      let special = specialBytes(at);
      while (special != 0) {
        const found = at + ctz(special);
        if (found >= end) return end;
        const byte = load<u8>(found);
        if (byte == Char.Quote || byte == Char.Backslash) {
          this.mode = byte == Char.Quote ? Mode.Token : Mode.Escaped;
          return found + 1;
        }
        special &= special - 1;
      }
    }
    return end;
  }

  // No provider escapes the letters of a key: one with a backslash is not one of the keys that are
  // read.
  private readName(at: usize, end: usize): usize {
    let hash = this.mode == Mode.Key ? this.hash : this.number;
    let byte: u8 = 0;
    while (at < end && byte != Char.Quote && byte != Char.Backslash) {
      byte = load<u8>(at++);
      if (byte != Char.Quote) hash = hashByte(hash, byte);
    }
    if (this.mode == Mode.Key) this.hash = hash;
    else this.number = hash;
    if (byte == Char.Backslash) this.mode = Mode.Escaped;
    if (byte != Char.Quote) return at;
    if (this.mode == Mode.Type && hash == ERROR) this.fail();
    this.mode = Mode.Token;
    return at;
  }

  private skip(at: usize, end: usize): usize {
    if (this.inChoices) return this.lookIntoChoices(at);
    let depth = this.skipped;
    while (depth != 0) {
      at = findStructure(at, end);
      if (at == end) break;
      const byte = load<u8>(at++);
      if (byte == Char.Quote) {
        this.mode = Mode.Text;
        at = this.readText(at, end);
        if (this.mode != Mode.Token) break;
      } else if ((byte | CASE_BIT) == Char.OpenBrace) depth++;
      else depth--;
    }
    this.skipped = depth;
    return at;
  }

  // The first byte after the bracket that is not whitespace decides whether the array is empty.
  private lookIntoChoices(at: usize): usize {
    const byte = load<u8>(at);
    if (byte <= Char.Space) return at + 1;
    this.inChoices = false;
    this.hasChoices = byte != Char.CloseBracket;
    this.hasEmptyChoices = byte == Char.CloseBracket;
    return at;
  }

  // Reads tokens up to one that another mode reads.
  private readTokens(at: usize, end: usize): usize {
    while (at < end) {
      const byte = load<u8>(at);
      if (byte > Char.Space) {
        const isSeparator = byte == Char.Comma || byte == Char.Colon;
        if (!isSeparator || this.places == Place.None) return this.readToken(at, byte);
        this.isValue = byte == Char.Colon;
      }
      at++;
    }
    return at;
  }

  private readToken(at: usize, byte: u8): usize {
    if (this.places == Place.None) return this.begin(at, byte);
    switch (byte) {
      case Char.CloseBrace:
        this.places >>= 8;
        break;
      case Char.Quote:
        this.openString();
        break;
      case Char.OpenBrace:
        this.openObject();
        break;
      case Char.OpenBracket:
        this.inChoices = this.place() == Place.Top && this.hash == CHOICES;
        this.skipped = 1;
        break;
      default:
        if (byte != Char.Minus && !isDigit(byte)) break;
        this.number = 0;
        this.hasFraction = false;
        this.isCount = true;
        this.mode = Mode.Number;
        return at;
    }
    return at + 1;
  }

  private begin(at: usize, byte: u8): usize {
    if (byte == Char.OpenBrace) {
      this.places = Place.Top;
      this.hasObject = true;
    } else {
      this.isOther = true;
      if (byte == Char.Quote) this.mode = Mode.Text;
      else if (byte == Char.OpenBracket) this.skipped = 1;
    }
    return at + 1;
  }

  private place(): Place {
    return this.places & 0xff;
  }

  private openString(): void {
    if (!this.isValue) {
      this.hash = HASH_START;
      this.mode = Mode.Key;
    } else if (this.place() == Place.Top && this.hash == TYPE) {
      this.number = HASH_START;
      this.mode = Mode.Type;
    } else {
      if (this.isErrorKey()) this.fail();
      this.mode = Mode.Text;
    }
  }

  private fail(): void {
    this.hasFailed = this.hasError = true;
  }

  private isErrorKey(): bool {
    return this.place() <= Place.Wrapper && this.hash == ERROR;
  }

  private openObject(): void {
    const inner = this.innerPlace();
    if (this.isErrorKey()) this.fail();
    if (inner == Place.None) {
      this.skipped = 1;
      return;
    }
    if (inner == Place.Usage) this.hasUsage = true;
    this.places = (this.places << 8) | inner;
    this.isValue = false;
  }

  private innerPlace(): Place {
    const place = this.place();
    const hash = this.hash;
    if (place == Place.Usage) return isDetails(hash) ? Place.Details : Place.None;
    if (place == Place.Details) return Place.None;
    if (hash == USAGE) return Place.Usage;
    const isWrapper = place == Place.Top && (hash == RESPONSE || hash == MESSAGE);
    return isWrapper ? Place.Wrapper : Place.None;
  }

  // A number counts once the byte after it has come, as a piece may end within it.
  private readNumber(at: usize, end: usize): usize {
    for (; at < end; at++) {
      const byte = load<u8>(at);
      if (isDigit(byte)) {
        if (!this.hasFraction) this.number = min<u64>(this.number * 10 + byte - Char.Zero, UNKNOWN);
      } else if (byte == Char.Point) {
        this.hasFraction = true;
      } else if (byte == Char.Minus || byte == Char.Plus || (byte | CASE_BIT) == Char.e) {
        this.isCount = false;
      } else {
        this.endNumber();
        return at;
      }
    }
    return at;
  }

  private endNumber(): void {
    const place = this.place();
    if (this.isCount && place >= Place.Usage) {
      this.note(this.hash, <u32>this.number, place == Place.Details);
    }
    this.mode = Mode.Token;
  }
}

function isDetails(hash: u64): bool {
  return (
    hash == PROMPT_DETAILS ||
    hash == COMPLETION_DETAILS ||
    hash == INPUT_DETAILS ||
    hash == OUTPUT_DETAILS
  );
}
