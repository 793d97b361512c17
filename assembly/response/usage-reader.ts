// Reads an answer's JSON as it passes, in pieces split anywhere: a whole answer, or the data of one
// event after another. Comes in: runs of bytes; goes out: the token usage, whether the provider
// reports an error or the end of its stream, and what kind of text it was. Nothing is held and
// nothing is validated. The usage is at the top, or at that of the objects in an array, as Gemini
// streams without events; in OpenAI's Responses under `response`, at the start of an Anthropic stream
// under `message`, in Groq's under `x_groq`, in Moonshot's in a choice. Kept between calls: the
// position in the text.

import { isDigit } from "../bytes/bytes";
import { CASE_BIT, Char } from "../bytes/chars";
import { HASH_START, hashByte } from "../bytes/key-hash";
import { findStructure, specialBytes } from "../bytes/lanes";
import { isError, isWord, Key, keyOf, Place, placeIn } from "./answer-keys";
import { Report } from "./report";

const enum Mode {
  Token,
  /** In a string that is skipped, and after a backslash there. */
  Text,
  Escaped,
  /** In a key, or in a value that is one of a few words. */
  Key,
  Word,
  Number,
  /** In the rest of `[DONE]`. */
  Done,
}

// The rest of `[DONE]`, the next letter in the lowest byte.
const REST_OF_DONE: u64 = 0x5d454e4f44;

const LARGEST_NUMBER: u64 = 0xffffffff;
/** There is no such place. */
export const NOWHERE: usize = usize.MAX_VALUE;

export class UsageReader extends Report {
  /** Whether any text has begun with an object. */
  hasObject: bool = false;
  /**
   * Of the current text: whether its top has a `usage` that is an object, `choices` that are not
   * empty, anything but the usage that a client could miss; whether it is not an object.
   */
  hasUsage: bool = false;
  hasChoices: bool = false;
  hasMore: bool = false;
  isOther: bool = false;

  /** Whether a value is next. */
  private isValue: bool = false;
  /** Of the current number. */
  private hasFraction: bool = false;
  private isCount: bool = false;

  /**
   * Of the current text: where its members `usage`, to its end, and `choices` are, as distances
   * from `origin`; NOWHERE if it has none.
   */
  origin: usize = 0;
  usageStart: usize = NOWHERE;
  usageEnd: usize = NOWHERE;
  choicesStart: usize = NOWHERE;

  private mode: Mode = Mode.Token;
  /**
   * The open objects and arrays that are read, four bits each, the innermost in the lowest; and how
   * many skipped ones are open within it.
   */
  private places: u32 = Place.None;
  private skipped: u32 = 0;
  /** Where the last key at the top is. */
  private keyStart: usize = 0;
  private key: Key = Key.Other;
  /** So far: the number, the hash of a key or a word, or the rest of `[DONE]`. */
  private number: u64 = 0;
  /** Begins a new answer. */
  restart(): void {
    this.forget();
    this.restartReport();
    this.hasObject = false;
    this.beginText();
  }

  /** Begins a new text of the same answer. Numbers are kept until new ones come. */
  beginText(): void {
    this.beginReport();
    this.hasUsage = this.hasChoices = this.hasMore = this.isOther = this.isValue = false;
    this.usageStart = this.usageEnd = this.choicesStart = NOWHERE;
    this.mode = Mode.Token;
    this.places = Place.None;
    this.skipped = 0;
    this.key = Key.Other;
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
        case Mode.Word:
          at = this.readName(at, end);
          break;
        case Mode.Number:
          at = this.readNumber(at, end);
          break;
        case Mode.Done:
          at = this.readDone(at);
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
    let hash = this.number;
    let byte: u8 = 0;
    while (at < end && byte != Char.Quote && byte != Char.Backslash) {
      byte = load<u8>(at++);
      if (byte != Char.Quote) hash = hashByte(hash, byte);
    }
    this.number = hash;
    if (byte == Char.Backslash) this.mode = Mode.Escaped;
    if (byte != Char.Quote) return at;
    const key = keyOf(hash);
    if (this.mode == Mode.Key) this.key = key;
    else this.noteWord(this.key, key, hash == HASH_START);
    this.mode = Mode.Token;
    return at;
  }

  private readDone(at: usize): usize {
    const rest = this.number;
    this.mode = Mode.Token;
    if (load<u8>(at) != <u8>rest) return at;
    this.number = rest >> 8;
    if (this.number != 0) {
      this.mode = Mode.Done;
    } else {
      this.isDone = true;
      this.skipped = 0;
    }
    return at + 1;
  }

  private skip(at: usize, end: usize): usize {
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
    const place = this.place();
    if (place == Place.None) return this.begin(at, byte);
    if (place == Place.Top && this.isValue) this.noteMember(byte);
    else if (place == Place.Choices && byte != Char.CloseBracket) this.hasChoices = true;
    switch (byte) {
      case Char.CloseBrace:
      case Char.CloseBracket:
        this.close(at + 1);
        break;
      case Char.Quote:
        this.openString(at);
        break;
      case Char.OpenBrace:
      case Char.OpenBracket:
        this.open(byte == Char.OpenBrace);
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
      if (byte == Char.Quote) this.mode = Mode.Text;
      else if (byte == Char.OpenBracket) {
        // The objects in an array are read like one after another, but not those in arrays in it.
        if (this.isOther) this.skipped = 1;
        this.number = REST_OF_DONE;
        this.mode = Mode.Done;
      }
      this.isOther = true;
    }
    return at + 1;
  }

  private place(): Place {
    return this.places & 15;
  }

  // A value at the top begins with `byte`, or continues there if it is a literal.
  private noteMember(byte: u8): void {
    if (this.key == Key.Choices) this.choicesStart = this.keyStart;
    else if (isNullOrEnd(byte) || this.hasMore) return;
    else if (this.key == Key.Other || this.key > Key.Usage) this.hasMore = true;
  }

  private openString(at: usize): void {
    const place = this.place();
    const key = this.key;
    this.number = HASH_START;
    if (!this.isValue) {
      if (place == Place.Top) this.keyStart = at - this.origin;
      this.key = Key.Other;
      this.mode = Mode.Key;
    } else if (isWord(place, key)) {
      this.mode = Mode.Word;
    } else {
      this.noteText(place, key);
      this.mode = Mode.Text;
    }
  }

  private open(isObject: bool): void {
    const place = this.place();
    const inner = placeIn(place, this.key);
    if (isObject && isError(place, this.key)) this.fail();
    const isArray = inner == Place.Choices || inner == Place.Iterations;
    const isSkipped = inner == Place.None || isArray == isObject;
    if (isSkipped || (inner == Place.Usage && !this.beginUsage(place == Place.Choice))) {
      this.skipped = 1;
      return;
    }
    if (inner == Place.Usage && place == Place.Top) {
      this.hasUsage = true;
      this.usageStart = this.keyStart;
    }
    this.places = (this.places << 4) | inner;
    this.isValue = false;
  }

  // The innermost object or array ends at `end`.
  private close(end: usize): void {
    const closed = this.place();
    this.places >>= 4;
    const place = this.place();
    if (closed == Place.Usage && place == Place.Top) {
      this.usageEnd = end - this.origin;
    } else if (place == Place.None && !this.hasUsage && !this.hasChoices) {
      this.endReport();
    }
  }

  // A number counts once the byte after it has come, as a piece may end within it.
  private readNumber(at: usize, end: usize): usize {
    for (; at < end; at++) {
      const byte = load<u8>(at);
      if (isDigit(byte)) {
        if (!this.hasFraction)
          this.number = min<u64>(this.number * 10 + byte - Char.Zero, LARGEST_NUMBER);
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
    const key = this.key;
    const number = this.number;
    const isOllamas = key == Key.PromptEvalCount || key == Key.EvalCount;
    if (place >= Place.Usage || (isOllamas && place == Place.Top))
      this.note(place, key, number, this.isCount);
    else this.noteNumber(place, key, number);
    this.mode = Mode.Token;
  }
}

// Whether `byte` is one of a null, or ends an object.
function isNullOrEnd(byte: u8): bool {
  return byte == Char.n || byte == Char.u || byte == Char.l || byte == Char.CloseBrace;
}
