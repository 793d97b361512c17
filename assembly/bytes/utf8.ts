// Validates UTF-8 that arrives in pieces, split anywhere. Comes in: the state after the last piece,
// and the next piece; goes out: the state after it. Kept between calls, by the caller: that state,
// which is one word. Whole blocks of 16 bytes are looked up as J. Keiser and D. Lemire describe in
// "Validating UTF-8 In Less Than One Instruction Per Byte".

/** Between two characters: the first state, and the only one in which a text may end. */
export const UTF8_COMPLETE: u32 = 0;
/** The bytes are not UTF-8. */
export const UTF8_INVALID: u32 = 0xffffffff;

// The smallest and the largest continuation byte: 10______.
const CONTINUATION: u32 = 0x80;
const CONTINUATION_END: u32 = 0xbf;

/** The state after the bytes from `at` to `end`, given the state before them. */
export function checkUtf8(state: u32, at: usize, end: usize): u32 {
  while (state != UTF8_COMPLETE && at < end) {
    state = checkByte(state, load<u8>(at++));
    if (state == UTF8_INVALID) return UTF8_INVALID;
  }
  if (end - at >= 16) {
    at = checkBlocks(at, end);
    if (at == 0) return UTF8_INVALID;
  }
  while (at < end && state != UTF8_INVALID) state = checkByte(state, load<u8>(at++));
  return state;
}

function checkByte(state: u32, byte: u8): u32 {
  if (state == UTF8_COMPLETE) return byte < 0x80 ? UTF8_COMPLETE : afterLeadByte(byte);
  const low = <u8>(state >> 8);
  const high = <u8>(state >> 16);
  if (byte < low || byte > high) return UTF8_INVALID;
  const pending = (state & 0xff) - 1;
  return pending == 0 ? UTF8_COMPLETE : awaiting(pending, CONTINUATION, CONTINUATION_END);
}

// The state in which `count` continuation bytes are missing, the next of them from `low` to `high`.
function awaiting(count: u32, low: u32, high: u32): u32 {
  return (high << 16) | (low << 8) | count;
}

// The bounds of the second byte exclude overlong forms, surrogates, and what is above U+10FFFF (RFC
// 3629, section 4).
function afterLeadByte(byte: u8): u32 {
  if (byte < 0xc2 || byte > 0xf4) return UTF8_INVALID;
  if (byte < 0xe0) return awaiting(1, CONTINUATION, CONTINUATION_END);
  if (byte == 0xe0) return awaiting(2, 0xa0, CONTINUATION_END);
  if (byte == 0xed) return awaiting(2, CONTINUATION, 0x9f);
  if (byte < 0xf0) return awaiting(2, CONTINUATION, CONTINUATION_END);
  if (byte == 0xf0) return awaiting(3, 0x90, CONTINUATION_END);
  if (byte == 0xf4) return awaiting(3, CONTINUATION, 0x8f);
  return awaiting(3, CONTINUATION, CONTINUATION_END);
}

// Checks whole blocks, the first of which begins with a character. Returns where the first
// character begins that the blocks do not contain whole, or 0 if they are not UTF-8.
function checkBlocks(at: usize, end: usize): usize {
  let error = i8x16.splat(0);
  let previous = i8x16.splat(0);
  for (; at + 16 <= end; at += 16) {
    const block = v128.load(at);
    // An ASCII block after three ASCII bytes has nothing to look up.
    if ((i8x16.bitmask(block) | (i8x16.bitmask(previous) & 0xe000)) != 0) {
      error = v128.or(error, blockErrors(previous, block));
    }
    previous = block;
  }
  if (v128.any_true(error)) return 0;
  for (let back: usize = 1; back <= 3; back++) {
    const byte = load<u8>(at - back);
    if (byte < 0x80) break;
    const size: usize = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    if (byte >= 0xc0) return size > back ? at - back : at;
  }
  return at;
}

// What can be wrong with a byte and the one after it, a bit each. In the pictures `_` is a bit of
// any value.

/** 11______ 0_______ and 11______ 11______: the lead byte has no continuation. */
const TOO_SHORT: i8 = 1;
/** 0_______ 10______: the continuation has no lead byte. */
const TOO_LONG: i8 = 1 << 1;
/** 11100000 100_____: below U+0800, in three bytes. */
const OVERLONG_3: i8 = 1 << 2;
/** 11110100 or a larger lead byte, with 1001____ or 101_____: above U+10FFFF. */
const TOO_LARGE: i8 = 1 << 3;
/** 11101101 101_____: from U+D800 to U+DFFF. */
const SURROGATE: i8 = 1 << 4;
/** 1100000_ 10______: below U+0080, in two bytes. */
const OVERLONG_2: i8 = 1 << 5;
/** 11110101 or a larger lead byte, with 1000____: above U+10FFFF. */
const TOO_LARGE_1000: i8 = 1 << 6;
/** 11110000 1000____: below U+10000, in four bytes. Shares its bit, as no low half allows both. */
const OVERLONG_4: i8 = 1 << 6;
/**
 * 10______ 10______: wrong unless a lead byte of three or four precedes them, which the caller
 * checks.
 */
const TWO_CONTINUATIONS: i8 = -128;
/** Faults that depend on the high halves only: every low half allows them. */
const ANY_LOW: i8 = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS;
const LOW_LARGE: i8 = ANY_LOW | TOO_LARGE | TOO_LARGE_1000;
const SECOND_ANY: i8 = TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS;

// Three tables, by the first byte's high and low half and the second byte's high half: what may be
// wrong with such a byte. A pair has the faults that all three have in common.

// prettier-ignore
const FIRST_HIGH = i8x16(
  // 0___: ASCII
  TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
  // 10__: continuation
  TWO_CONTINUATIONS, TWO_CONTINUATIONS, TWO_CONTINUATIONS, TWO_CONTINUATIONS,
  // 1100, 1101: lead byte of two
  TOO_SHORT | OVERLONG_2,
  TOO_SHORT,
  // 1110: lead byte of three
  TOO_SHORT | OVERLONG_3 | SURROGATE,
  // 1111: lead byte of four, or too large
  TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4,
);

// prettier-ignore
const FIRST_LOW = i8x16(
  // 0000
  ANY_LOW | OVERLONG_2 | OVERLONG_3 | OVERLONG_4,
  // 0001
  ANY_LOW | OVERLONG_2,
  // 001_
  ANY_LOW, ANY_LOW,
  // 0100
  ANY_LOW | TOO_LARGE,
  // 0101, 011_, 1___, of which 1101 is a surrogate's
  LOW_LARGE, LOW_LARGE, LOW_LARGE,
  LOW_LARGE, LOW_LARGE, LOW_LARGE, LOW_LARGE,
  LOW_LARGE, LOW_LARGE | SURROGATE, LOW_LARGE, LOW_LARGE,
);

// prettier-ignore
const SECOND_HIGH = i8x16(
  // 0___: ASCII
  TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
  // 1000
  SECOND_ANY | OVERLONG_3 | OVERLONG_4 | TOO_LARGE_1000,
  // 1001
  SECOND_ANY | OVERLONG_3 | TOO_LARGE,
  // 101_
  SECOND_ANY | SURROGATE | TOO_LARGE,
  SECOND_ANY | SURROGATE | TOO_LARGE,
  // 11__: lead byte
  TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
);

// 111_____ two bytes before and 1111____ three bytes before ask for a continuation: what these
// leave of them has its highest bit set.
const BELOW_LEAD_OF_3: i8 = 0x60;
const BELOW_LEAD_OF_4: i8 = 0x70;

function blockErrors(previous: v128, block: v128): v128 {
  const nibble = i8x16.splat(0x0f);
  const before1 = v128.shuffle<u8>(
    previous, block, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
  ); // prettier-ignore
  const before2 = v128.shuffle<u8>(
    previous, block, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
  ); // prettier-ignore
  const before3 = v128.shuffle<u8>(
    previous, block, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
  ); // prettier-ignore
  const firstHigh = i8x16.swizzle(FIRST_HIGH, i8x16.shr_u(before1, 4));
  const firstLow = i8x16.swizzle(FIRST_LOW, v128.and(before1, nibble));
  const secondHigh = i8x16.swizzle(SECOND_HIGH, i8x16.shr_u(block, 4));
  const special = v128.and(v128.and(firstHigh, firstLow), secondHigh);
  const third = i8x16.sub_sat_u(before2, i8x16.splat(BELOW_LEAD_OF_3));
  const fourth = i8x16.sub_sat_u(before3, i8x16.splat(BELOW_LEAD_OF_4));
  const mustContinue = v128.and(v128.or(third, fourth), i8x16.splat(TWO_CONTINUATIONS));
  return v128.xor(mustContinue, special);
}
