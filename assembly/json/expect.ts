// The scanner's states, and the grammar of numbers over them. Nothing is kept between calls.

import { isDigit } from "../bytes/bytes";
import { CASE_BIT, Char } from "../bytes/chars";

/** What the scanner reads next. */
export const enum Expect {
  Object,
  KeyOrClose,
  Key,
  Colon,
  Value,
  ValueOrClose,
  CommaOrClose,
  Nothing,
  // Inside a string.
  Contents,
  Escaped,
  Hex,
  // Inside true, false or null.
  Literal,
  // Inside a number: what has been read of it.
  Minus,
  Zero,
  Integer,
  Point,
  Fraction,
  Exponent,
  ExponentSign,
  ExponentDigits,
  /** Only afterNumberByte returns it: the number has ended. */
  NumberEnd,
}

/** What has been read of a number once `byte` continues it, or NumberEnd if it does not. */
export function afterNumberByte(expect: Expect, byte: u8): Expect {
  if (isDigit(byte)) {
    switch (expect) {
      case Expect.Minus:
        return byte == Char.Zero ? Expect.Zero : Expect.Integer;
      case Expect.Zero:
        return Expect.NumberEnd;
      case Expect.Integer:
        return Expect.Integer;
      case Expect.Point:
      case Expect.Fraction:
        return Expect.Fraction;
      default:
        return Expect.ExponentDigits;
    }
  }
  const inWhole = expect == Expect.Zero || expect == Expect.Integer;
  if (byte == Char.Point) return inWhole ? Expect.Point : Expect.NumberEnd;
  if ((byte | CASE_BIT) == Char.e)
    return inWhole || expect == Expect.Fraction ? Expect.Exponent : Expect.NumberEnd;
  if (byte == Char.Plus || byte == Char.Minus)
    return expect == Expect.Exponent ? Expect.ExponentSign : Expect.NumberEnd;
  return Expect.NumberEnd;
}
