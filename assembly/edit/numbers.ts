// Compares JSON numbers exactly, by their text: as doubles, 4096.0000000000000001 and 4096 are
// equal. Nothing is kept between calls.

import { isDigit } from "../bytes/bytes";
import { Char } from "../bytes/chars";

// What `parse` found: a value of 0.DIGITS × 10^exponent, and DIGITS begins with a digit from 1 to
// 9. Zero has no digits.
class Decimal {
  negative: bool = false;
  exponent: i32 = 0;
  /** The first significant digit, and the end of the digits, among which there may be a point. */
  digits: usize = 0;
  end: usize = 0;
}

const left = new Decimal();
const right = new Decimal();

/**
 * Negative, zero or positive if the first number is less than, equal to or greater than the second.
 * Both must be well-formed JSON numbers.
 */
export function compareNumbers(aStart: usize, aEnd: usize, bStart: usize, bEnd: usize): i32 {
  parse(aStart, aEnd, left);
  parse(bStart, bEnd, right);
  const aSign = sign(left);
  const bSign = sign(right);
  if (aSign != bSign) return aSign - bSign;
  if (aSign == 0) return 0;
  if (left.exponent != right.exponent) return left.exponent > right.exponent ? aSign : -aSign;
  return aSign * compareDigits(left.digits, left.end, right.digits, right.end);
}

function sign(number: Decimal): i32 {
  if (number.digits == number.end) return 0;
  return number.negative ? -1 : 1;
}

function parse(at: usize, end: usize, into: Decimal): void {
  into.negative = load<u8>(at) == Char.Minus;
  if (into.negative) at++;
  let point: usize = 0;
  let first: usize = 0;
  let digitsEnd = at;
  for (; digitsEnd < end; digitsEnd++) {
    const byte = load<u8>(digitsEnd);
    if (byte == Char.Point) point = digitsEnd;
    else if (!isDigit(byte)) break;
    else if (first == 0 && byte != Char.Zero) first = digitsEnd;
  }
  into.digits = first == 0 ? digitsEnd : first;
  into.end = digitsEnd;
  if (point == 0) point = digitsEnd;
  // The digits' place relative to the point: 12.3 is 0.123 × 10^2, and 0.012 is 0.12 × 10^-1.
  const shift = first < point ? <i32>(point - first) : -(<i32>(first - point - 1));
  into.exponent = shift + exponentOf(digitsEnd, end);
}

// The number after `e`, limited to ±10^8: for values of a few hundred bytes the result is the same
// as with the exact one.
function exponentOf(at: usize, end: usize): i32 {
  if (at == end) return 0;
  at++;
  const negative = load<u8>(at) == Char.Minus;
  if (negative || load<u8>(at) == Char.Plus) at++;
  let value = 0;
  for (; at < end; at++) value = min(value * 10 + (load<u8>(at) - Char.Zero), 100_000_000);
  return negative ? -value : value;
}

function compareDigits(a: usize, aEnd: usize, b: usize, bEnd: usize): i32 {
  while (a < aEnd || b < bEnd) {
    if (a < aEnd && load<u8>(a) == Char.Point) a++;
    if (b < bEnd && load<u8>(b) == Char.Point) b++;
    const aDigit: i32 = a < aEnd ? load<u8>(a++) : Char.Zero;
    const bDigit: i32 = b < bEnd ? load<u8>(b++) : Char.Zero;
    if (aDigit != bDigit) return aDigit < bDigit ? -1 : 1;
  }
  return 0;
}
