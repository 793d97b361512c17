import { checkUtf8, UTF8_COMPLETE, UTF8_INVALID } from "../../assembly/bytes/utf8";
import { bytesOfHex, Piece } from "./piece";

const BUFFER_BYTES = 48;

// Each class of invalid UTF-8: stray and overlong, too large or a surrogate, too short, too long.
const invalid: string[] = (
  "80 bf 8080 c080 c1bf fe ff f880808080 f5808080 f7bfbfbf e08080 e09fbf f0808080 f08fbfbf " +
  "eda080 edbfbf f4908080 f4bfbfbf " +
  "c3c3a9 e4e4bda0 e4bde4bda0 f09ff09f9880 f09f98f09f9880 c361 e461 e4bd61 f061 f09f61 f09f9861 " +
  "e02880 f0288080 f09f2880 " +
  "c3a980 e4bda080 f09f988080"
).split(" ");
// The first and last characters of each length, and those beside the surrogates.
const valid: string[] = (
  "00 7f c280 dfbf e0a080 ed9fbf ee8080 efbfbf " +
  "f0908080 f1808080 f3bfbfbf f48fbfbf c3a9f09f9880e4bda0"
).split(" ");
const fillers: string[] = ["61", "c3a9", "e4bda0", "f09f9880"];

// BUFFER_BYTES of fillers, with `middle` after the first `count` of them.
function fill(filler: ArrayBuffer, count: i32, middle: ArrayBuffer): Piece {
  const bytes = new Uint8Array(BUFFER_BYTES + middle.byteLength);
  const size = filler.byteLength;
  for (let i = 0; i < BUFFER_BYTES / size; i++) {
    const at = i * size + (i < count ? 0 : middle.byteLength);
    memory.copy(bytes.dataStart + at, changetype<usize>(filler), size);
  }
  memory.copy(bytes.dataStart + count * size, changetype<usize>(middle), middle.byteLength);
  return new Piece(bytes.buffer);
}

function checkInTwo(piece: Piece, split: usize): u32 {
  const state = checkUtf8(UTF8_COMPLETE, piece.start, piece.start + split);
  return state == UTF8_INVALID ? state : checkUtf8(state, piece.start + split, piece.end);
}

function checkByteByByte(piece: Piece): u32 {
  let state = UTF8_COMPLETE;
  for (let at = piece.start; at < piece.end && state != UTF8_INVALID; at++) {
    state = checkUtf8(state, at, at + 1);
  }
  return state;
}

// Where `sequence` is not judged as expected, after any number of each filler and split anywhere;
// "" if it always is.
function misjudged(sequence: string, isValid: bool): string {
  const bytes = bytesOfHex(sequence);
  for (let i = 0; i < fillers.length; i++) {
    const filler = bytesOfHex(fillers[i]);
    for (let count = 0; count * filler.byteLength <= BUFFER_BYTES; count++) {
      const piece = fill(filler, count, bytes);
      for (let split: usize = 0; split <= piece.end - piece.start; split++) {
        if ((checkInTwo(piece, split) == UTF8_COMPLETE) == isValid) continue;
        return `${sequence} behind ${count} of ${fillers[i]}, cut at ${split}`;
      }
    }
  }
  return "";
}

describe("UTF-8", () => {
  it("may have every valid character at every place, wherever it is split", () => {
    for (let i = 0; i < valid.length; i++) expect(misjudged(valid[i], true)).toBe("");
  });

  it("is invalid with any invalid sequence at any place, wherever it is split", () => {
    for (let i = 0; i < invalid.length; i++) expect(misjudged(invalid[i], false)).toBe("");
  });

  it("is judged in blocks as it is byte by byte, whatever crosses two blocks", () => {
    const piece = fill(bytesOfHex("61"), 0, new ArrayBuffer(0));
    const thirds: u8[] = [0x61, 0x80, 0xbf, 0xc3];
    for (let pair: u32 = 0; pair < 0x10000; pair++) {
      const at = piece.start + 13 + (pair % 3);
      store<u8>(at, <u8>(pair >> 8));
      store<u8>(at, <u8>pair, 1);
      store<u8>(at, thirds[pair & 3], 2);
      store<u8>(at, thirds[(pair >> 2) & 3], 3);
      const inBlocks = checkUtf8(UTF8_COMPLETE, piece.start, piece.end);
      if (inBlocks != checkByteByByte(piece)) expect(pair.toString(16)).toBe("");
      memory.fill(at, 0x61, 4);
    }
  });

  it("may not end inside a character", () => {
    const texts = ["c3", "e4", "e4bd", "f0", "f09f", "f09f98"];
    for (let i = 0; i < texts.length; i++) {
      for (let count = 0; count <= 17; count++) {
        const bytes = bytesOfHex("61".repeat(count) + texts[i]);
        const piece = new Piece(bytes);
        const state = checkUtf8(UTF8_COMPLETE, piece.start, piece.end);
        expect(state != UTF8_COMPLETE && state != UTF8_INVALID).toBe(true, texts[i]);
      }
    }
  });
});
