// The ASCII characters that the filter looks for, by name. They are bytes, as a text is read byte
// by byte.

export namespace Char {
  export const Backspace: u8 = 0x08;
  export const Tab: u8 = 0x09;
  export const LineFeed: u8 = 0x0a;
  export const FormFeed: u8 = 0x0c;
  export const Return: u8 = 0x0d;
  /** Control characters are below it. */
  export const Space: u8 = 0x20;
  export const Quote: u8 = 0x22;
  export const Hash: u8 = 0x23;
  export const Percent: u8 = 0x25;
  export const Ampersand: u8 = 0x26;
  export const Star: u8 = 0x2a;
  export const Plus: u8 = 0x2b;
  export const Comma: u8 = 0x2c;
  export const Minus: u8 = 0x2d;
  export const Point: u8 = 0x2e;
  export const Slash: u8 = 0x2f;
  export const Zero: u8 = 0x30;
  export const Colon: u8 = 0x3a;
  export const Semicolon: u8 = 0x3b;
  export const Equals: u8 = 0x3d;
  export const Question: u8 = 0x3f;
  export const A: u8 = 0x41;
  export const OpenBracket: u8 = 0x5b;
  export const Backslash: u8 = 0x5c;
  export const CloseBracket: u8 = 0x5d;
  export const Underscore: u8 = 0x5f;
  export const a: u8 = 0x61;
  export const b: u8 = 0x62;
  export const e: u8 = 0x65;
  export const f: u8 = 0x66;
  export const i: u8 = 0x69;
  export const k: u8 = 0x6b;
  export const l: u8 = 0x6c;
  export const n: u8 = 0x6e;
  export const r: u8 = 0x72;
  export const s: u8 = 0x73;
  export const t: u8 = 0x74;
  export const u: u8 = 0x75;
  export const OpenBrace: u8 = 0x7b;
  export const CloseBrace: u8 = 0x7d;
  /** The last printable character. */
  export const Tilde: u8 = 0x7e;
  export const Delete: u8 = 0x7f;
}

/** A lower-case letter is the upper-case one with this bit, and a brace is a bracket with it. */
export const CASE_BIT: u8 = 0x20;
