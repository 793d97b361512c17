// Chat requests of an exact size and their edited forms, in pieces, so that no test has to hold a
// whole body in memory.
import { createHash } from "node:crypto";
import type { PluginMember } from "../../contract/plugin-config.ts";

/** Members that edit both ends of a sized body, and add one member of each kind. */
export const sizedBodyMembers: PluginMember[] = [
  { name: "model", override: '"m-1"' },
  { name: "temperature", default: "0.7" },
  { name: "max_tokens", limit: "100" },
];

/** Bytes to send, piece by piece. May be iterated more than once. */
export interface SizedBody extends Iterable<Buffer> {
  bytes: number;
}

/** A body with its edited form. */
export interface SizedBodies {
  sent: SizedBody;
  edited: SizedBody;
}

interface Ends {
  start: string;
  end: string;
}

const sentEnds: Ends = {
  start: '{"model":"gpt-4o","messages":[{"role":"user","content":"',
  end: '"}],"user":"é","max_tokens":5000}',
};
const editedEnds: Ends = {
  start: `{${blank('"model":"gpt-4o",')}"messages":[{"role":"user","content":"`,
  end: `"}],"user":"é"${blank(',"max_tokens":5000')},"model":"m-1","temperature":0.7,"max_tokens":100}`,
};
const emptyEnds: Ends = { start: "{", end: "}" };
const editedEmptyEnds: Ends = {
  start: '{ "model":"m-1","temperature":0.7',
  end: `${blank(',"max_tokens":100')}}`,
};

/**
 * A body of 2 bytes, which is `{}`, or of at least 100 bytes. A cut at any place is likely to split
 * a character or an escape.
 */
export function sizedBodies(bytes: number): SizedBodies {
  if (bytes === 2) return { sent: sized(emptyEnds, 0), edited: sized(editedEmptyEnds, 0) };
  const fillerBytes = bytes - Buffer.byteLength(sentEnds.start + sentEnds.end);
  return { sent: sized(sentEnds, fillerBytes), edited: sized(editedEnds, fillerBytes) };
}

/** The SHA-256 of all pieces, in hex. */
export function digestOf(body: SizedBody): string {
  const hash = createHash("sha256");
  for (const piece of body) hash.update(piece);
  return hash.digest("hex");
}

function sized({ start, end }: Ends, fillerBytes: number): SizedBody {
  return {
    bytes: Buffer.byteLength(start + end) + fillerBytes,
    *[Symbol.iterator]() {
      yield Buffer.from(start);
      yield* filler(fillerBytes);
      yield Buffer.from(end);
    },
  };
}

const fillerBlock = Buffer.from(String.raw`é \u00e9 漢 {\"model\":1} \\ 😀 `.repeat(1_500));

function* filler(bytes: number): Generator<Buffer> {
  let left = bytes;
  for (; left >= fillerBlock.length; left -= fillerBlock.length) yield fillerBlock;
  yield Buffer.from("x".repeat(left));
}

function blank(text: string): string {
  return " ".repeat(Buffer.byteLength(text));
}
