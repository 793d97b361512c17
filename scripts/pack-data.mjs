// An asc transform that packs the module's static texts and bytes. A string takes 28 bytes of the
// module beside its text, and two for each character. Packed, it takes two, and one for each
// character. The module begins with the code below, which unpacks them to where the compiler has put
// them. So the memory is the same as without the transform, and a request costs the same.
import assemblyscript from "assemblyscript";
import { Transform } from "assemblyscript/transform";

const { Compiler } = assemblyscript;

// What comes before an object: four words for the runtime, of which the fourth is the class, and the
// object's size in bytes.
const headerBytes = 20;
const bufferClass = 1;
const textClass = 2;

// A packed object: how far it is from the one before it, in words; its size in characters or bytes,
// with the highest bit for a text; and these. The distance `far` means that the rest of it follows.
// A distance of 0 ends the list, which is where the heap will begin: nothing is there yet.
const far = 255;
const most = 127;
const unpack = `{
  let from = __heap_base;
  let to: usize = 0;
  for (let words = load<u8>(from); words != 0; words = load<u8>(from)) {
    from++;
    if (words == ${far}) {
      to += ${(far - 1) * 4};
      continue;
    }
    to += <usize>words << 2;
    const size = <usize>load<u8>(from) & ${most};
    const isText = <usize>load<u8>(from++) >> 7;
    store<usize>(to - 8, ${bufferClass} + isText);
    store<usize>(to - 4, size << isText);
    for (let i: usize = 0; i < size; i++) store<u8>(to + (i << isText), load<u8>(from++));
  }
}`;

const { initDefaultMemory } = Compiler.prototype;
Compiler.prototype.initDefaultMemory = function (heapBase) {
  pack(this.memorySegments, heapBase);
  initDefaultMemory.call(this, heapBase);
};

export default class PackData extends Transform {
  afterParse(parser) {
    parser.parseFile(unpack, "unpack.ts", true);
    parser.sources.unshift(parser.sources.pop());
  }
}

function pack(segments, heapBase) {
  const packed = [];
  let before = 0;
  for (const segment of segments) {
    const object = packedObject(segment.buffer);
    if (object === null) continue;
    const place = segment.offset.low + headerBytes;
    let words = (place - before) / 4;
    for (; words >= far; words -= far - 1) packed.push(far);
    packed.push(words, ...object);
    before = place;
    segment.buffer = new Uint8Array(0);
  }
  packed.push(0);
  segments.push({ buffer: Uint8Array.from(packed), offset: heapBase });
}

// The size and the contents of an object, or null if it can't be packed.
function packedObject(segment) {
  const [, , , kind, bytes] = new Uint32Array(segment.slice(0, headerBytes).buffer);
  const contents = segment.subarray(headerBytes, headerBytes + bytes);
  if (kind === bufferClass && bytes <= most) return [bytes, ...contents];
  const text = Buffer.from(contents).toString("utf16le");
  if (kind !== textClass || text.length > most || /[^\0-\x7f]/.test(text)) return null;
  return [most + 1 + text.length, ...Buffer.from(text)];
}
