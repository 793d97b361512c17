// Validates UTF-8 that arrives in pieces cut anywhere. Comes in: the state after the last piece, and the next piece. Goes out: the state
// after it. Kept between calls, by the caller: that one word.
// Whole blocks of 16 bytes are looked up as J. Keiser and D. Lemire describe in "Validating UTF-8 In Less Than One Instruction Per Byte".

/** Between two characters: the state to begin with, and the only one in which a text may end. */
export const UTF8_COMPLETE: u32 = 0;
/** The bytes are not UTF-8. */
export const UTF8_INVALID: u32 = 0xffffffff;

// Any other state: how many continuation bytes are to come, and the bounds of the next one in its second and third byte.
const ANY_CONTINUATION: u32 = 0xbf8000;

/** The state after the bytes from `at` to `end`, when `state` stood before them. */
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
  return pending == 0 ? UTF8_COMPLETE : ANY_CONTINUATION | pending;
}

// The bounds of the second byte keep out what is overlong, a surrogate, or above U+10FFFF (RFC 3629, section 4).
function afterLeadByte(byte: u8): u32 {
  if (byte < 0xc2 || byte > 0xf4) return UTF8_INVALID;
  if (byte < 0xe0) return ANY_CONTINUATION | 1;
  if (byte == 0xe0) return 0xbfa002;
  if (byte == 0xed) return 0x9f8002;
  if (byte < 0xf0) return ANY_CONTINUATION | 2;
  if (byte == 0xf0) return 0xbf9003;
  if (byte == 0xf4) return 0x8f8003;
  return ANY_CONTINUATION | 3;
}

// Checks whole blocks from a character's border on. Returns where the first character begins that they do not hold whole, or 0.
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

// Each table's entry is the set of errors that its nibble allows; a pair of bytes is wrong where all three have one in common:
// 1 too short, 2 too long, 4 overlong (3), 8 too large, 16 surrogate, 32 overlong (2), 64 overlong (4) or too large, 128 two continuations.
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
  const firstHigh = i8x16.swizzle(
    i8x16(2, 2, 2, 2, 2, 2, 2, 2, -128, -128, -128, -128, 33, 1, 21, 73),
    i8x16.shr_u(before1, 4),
  );
  const firstLow = i8x16.swizzle(
    i8x16(-25, -93, -125, -125, -117, -53, -53, -53, -53, -53, -53, -53, -53, -37, -53, -53),
    v128.and(before1, nibble),
  );
  const secondHigh = i8x16.swizzle(
    i8x16(1, 1, 1, 1, 1, 1, 1, 1, -26, -82, -70, -70, 1, 1, 1, 1),
    i8x16.shr_u(block, 4),
  );
  const special = v128.and(v128.and(firstHigh, firstLow), secondHigh);
  const third = i8x16.sub_sat_u(before2, i8x16.splat(0x60));
  const fourth = i8x16.sub_sat_u(before3, i8x16.splat(0x70));
  const mustContinue = v128.and(v128.or(third, fourth), i8x16.splat(-128));
  return v128.xor(mustContinue, special);
}
