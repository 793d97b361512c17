// What a terminal may get of a text that someone else wrote: names, paths, values, log lines.

/**
 * Control characters of C0 and C1, line separators, and those that change the direction of the text
 * around them.
 */
const unsafe =
  // eslint-disable-next-line no-control-regex -- a terminal would obey these
  /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The text on one line, with each character that a terminal would obey as its escape `\uXXXX`. */
export function printableLine(text: string): string {
  return text.replace(unsafe, escapeCharacter);
}

/** The same for a text of several lines: its line feeds stay. */
export function printable(text: string): string {
  return text.split("\n").map(printableLine).join("\n");
}

/** The beginning of a text: as many whole characters as the UTF-8 bytes have room for. */
export function cutToBytes(text: string, bytes: number): string {
  const encoded = Buffer.from(text);
  let end = Math.min(bytes, encoded.length);
  while (end > 0 && isContinuation(encoded[end])) end -= 1;
  return encoded.toString("utf8", 0, end);
}

function isContinuation(byte = 0): boolean {
  return (byte & 0xc0) === 0x80;
}

/** One character as JSON, JavaScript and YAML write it in double quotes. */
function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
