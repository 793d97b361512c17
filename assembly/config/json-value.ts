// The plugin configuration's JSON as a tree. Comes in: bytes; goes out: a tree, or where the text
// stops being JSON. It is small, read once, and validated by the scanner first, so that the tree is
// built without checks. Nothing is kept between calls.

import { bytesOf, hexValue } from "../bytes/bytes";
import { Char } from "../bytes/chars";
import { READ_AHEAD_BYTES, skipWhitespace } from "../bytes/lanes";
import { JsonStep, Scanner } from "../json/scanner";
import { unescapeString } from "../json/unescape";

export const enum Kind {
  Null,
  Boolean,
  Number,
  String,
  Array,
  Object,
}

export class JsonValue {
  /** A string's contents; the text of a number, true or false. */
  text: string = "";
  /** An array's or an object's values. */
  items: JsonValue[] = [];
  /** An object's keys, each for the value at the same index. */
  keys: string[] = [];

  constructor(public kind: Kind) {}

  /** An object's member of that name, the last of several, or null. */
  get(key: string): JsonValue | null {
    const index = this.keys.lastIndexOf(key);
    return index < 0 ? null : this.items[index];
  }
}

/**
 * Where the text from `start` to `end` stops being a JSON object; `end` if it is one.
 * READ_AHEAD_BYTES must follow it.
 */
export function findJsonFault(start: usize, end: usize): usize {
  const scanner = new Scanner();
  scanner.at = start;
  let step = scanner.next(end);
  while (step != JsonStep.More) {
    if (step == JsonStep.Invalid || step == JsonStep.TooDeep) return scanner.at - 1;
    step = scanner.next(end);
  }
  return scanner.complete ? end : end - 1;
}

/** Whether `text` is the JSON text of one value. */
export function isJsonText(text: string): bool {
  // It is wrapped as the only member of an object: text that adds another member shows as a second
  // key.
  const wrapped = bytesOf('{"v":' + text + "}" + " ".repeat(<i32>READ_AHEAD_BYTES));
  const end = changetype<usize>(wrapped) + wrapped.byteLength - READ_AHEAD_BYTES;
  const scanner = new Scanner();
  scanner.at = changetype<usize>(wrapped);
  let keys = 0;
  let step = scanner.next(end);
  while (step != JsonStep.More) {
    if (step == JsonStep.KeyStart) keys++;
    if (step == JsonStep.Invalid || step == JsonStep.TooDeep) return false;
    step = scanner.next(end);
  }
  return scanner.complete && keys == 1;
}

/** The JSON text of a string. */
export function quoteJson(text: string): string {
  let quoted = '"';
  for (let i = 0; i < text.length; i++) {
    const code = <u32>text.charCodeAt(i);
    if (code < Char.Space)
      quoted += "\\u00" + (code < 16 ? "0" : "1") + "0123456789abcdef".charAt(code & 15);
    else if (code == Char.Quote || code == Char.Backslash) quoted += "\\" + text.charAt(i);
    else quoted += text.charAt(i);
  }
  return quoted + '"';
}

let at: usize = 0;
let textEnd: usize = 0;

/** The tree of a text in which findJsonFault has found no fault. */
export function buildJson(start: usize, end: usize): JsonValue {
  at = start;
  textEnd = end;
  return readValue();
}

function peek(): u8 {
  at = skipWhitespace(at, textEnd);
  return load<u8>(at);
}

function readValue(): JsonValue {
  switch (peek()) {
    case Char.OpenBrace:
      return readObject();
    case Char.OpenBracket:
      return readArray();
    case Char.Quote:
      return withText(Kind.String, readString());
    case Char.n:
      return withText(Kind.Null, readWord());
    case Char.t:
    case Char.f:
      return withText(Kind.Boolean, readWord());
    default:
      return withText(Kind.Number, readWord());
  }
}

function withText(kind: Kind, text: string): JsonValue {
  const value = new JsonValue(kind);
  value.text = text;
  return value;
}

function readObject(): JsonValue {
  const object = new JsonValue(Kind.Object);
  at++;
  while (peek() != Char.CloseBrace) {
    if (peek() == Char.Comma) at++;
    peek();
    object.keys.push(readString());
    peek();
    at++; // The colon.
    object.items.push(readValue());
  }
  at++;
  return object;
}

function readArray(): JsonValue {
  const array = new JsonValue(Kind.Array);
  at++;
  while (peek() != Char.CloseBracket) {
    if (peek() == Char.Comma) at++;
    array.items.push(readValue());
  }
  at++;
  return array;
}

function readString(): string {
  const start = ++at;
  while (load<u8>(at) != Char.Quote) at += load<u8>(at) == Char.Backslash ? 2 : 1;
  const buffer = new ArrayBuffer(<i32>(at - start));
  const bytes = unescapeString(start, at, changetype<usize>(buffer)) - changetype<usize>(buffer);
  at++;
  return String.UTF8.decodeUnsafe(changetype<usize>(buffer), bytes);
}

function readWord(): string {
  const start = at;
  while (isWordByte(load<u8>(at))) at++;
  return String.UTF8.decodeUnsafe(start, at - start);
}

function isWordByte(byte: u8): bool {
  return (
    hexValue(byte) >= 0 ||
    byte - Char.a < 26 ||
    byte == Char.Plus ||
    byte == Char.Minus ||
    byte == Char.Point
  );
}
