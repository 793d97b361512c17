// Whether Envoy's RE2 accepts an expression. What JavaScript accepts differs on both sides (it has lookarounds and no inline flags), so its
// own RegExp can't be asked. Kept between calls: nothing.

/** Why RE2 would refuse `expression`, or undefined. */
export function findRe2Fault(expression: string): string | undefined {
  const scan: Scan = { text: expression, at: 0, depth: 0, canRepeat: false };
  while (scan.at < scan.text.length) {
    const fault = readItem(scan);
    if (fault !== undefined) return fault;
  }
  return scan.depth > 0 ? "a ( is never closed" : undefined;
}

interface Scan {
  text: string;
  /** Position of the next character. */
  at: number;
  /** Groups that are open. */
  depth: number;
  /** Whether a repetition may follow. */
  canRepeat: boolean;
}

/** RE2's bound on the numbers in {n,m}. */
const maxRepeat = 1000;

function readItem(scan: Scan): string | undefined {
  const character = scan.text[scan.at];
  switch (character) {
    case "(":
      return readGroup(scan);
    case ")":
      scan.at++;
      scan.canRepeat = true;
      return scan.depth-- === 0 ? "a ) closes nothing" : undefined;
    case "[":
      return readClass(scan);
    case "\\":
      return readEscape(scan);
    case "*":
    case "+":
    case "?":
      scan.at++;
      return readRepeat(scan, character);
    case "{":
      return readCounts(scan);
    default:
      scan.at++;
      scan.canRepeat = character !== "|";
      return undefined;
  }
}

function readGroup(scan: Scan): string | undefined {
  const rest = scan.text.slice(scan.at);
  scan.canRepeat = false;
  if (/^\(\?<?[=!]/.test(rest)) return "lookarounds such as (?=...) are not supported";
  if (rest.startsWith("(?>")) return "atomic groups (?>...) are not supported";
  if (rest.startsWith("(?P=")) return "backreferences are not supported";
  const flags = /^\(\?[imsU]*(?:-[imsU]+)?\)/.exec(rest);
  const opening = /^\((?:\?(?:P?<\w+>|[imsU]*(?:-[imsU]+)?:))?/.exec(rest)?.[0] ?? "(";
  if (flags === null && opening === "(" && rest[1] === "?") {
    return "(? begins a group of no known kind";
  }
  scan.at += flags?.[0].length ?? opening.length;
  if (flags === null) scan.depth++;
  return undefined;
}

function readRepeat(scan: Scan, operator: string): string | undefined {
  if (!scan.canRepeat) return `${operator} repeats nothing, or a repetition`;
  // A ? after it makes a repetition lazy; any other would repeat the repetition.
  if (scan.text[scan.at] === "?") scan.at++;
  scan.canRepeat = false;
  return undefined;
}

function readCounts(scan: Scan): string | undefined {
  const counts = /^\{(\d+)(?:,(\d*))?\}/.exec(scan.text.slice(scan.at));
  if (counts === null) {
    // RE2 reads a brace that begins no repetition as itself.
    scan.at++;
    scan.canRepeat = true;
    return undefined;
  }
  scan.at += counts[0].length;
  const least = Number(counts[1]);
  const most = Number(counts[2] || least);
  if (least > maxRepeat || most > maxRepeat || least > most) {
    return `${counts[0]} must count upwards, to ${maxRepeat} at most`;
  }
  return readRepeat(scan, counts[0]);
}

/** Escapes of one letter: classes, anchors and characters. */
const letterEscapes = "AabBCdDfnrsStvwWzQE";

function readEscape(scan: Scan): string | undefined {
  const rest = scan.text.slice(scan.at + 1);
  if (rest === "") return "a \\ at the end escapes nothing";
  scan.canRepeat = true;
  if (rest.startsWith("Q")) return readQuote(scan);
  const long =
    /^(?:[pP](?:[A-Z]|\{\^?\w+\})|x(?:[\da-fA-F]{2}|\{[\da-fA-F]{1,6}\})|[0-7]{3}|0[0-7]{0,2})/;
  const length = long.exec(rest)?.[0].length ?? 1;
  scan.at += 1 + length;
  if (length > 1 || rest.startsWith("0")) return undefined;
  const character = rest[0] ?? "";
  if (/[1-9k]/.test(character)) return "backreferences are not supported";
  if (/[A-Za-z]/.test(character) && !letterEscapes.includes(character)) {
    return `\\${character} is not known`;
  }
  return undefined;
}

function readQuote(scan: Scan): undefined {
  const end = scan.text.indexOf("\\E", scan.at);
  scan.at = end < 0 ? scan.text.length : end + 2;
}

function readClass(scan: Scan): string | undefined {
  // A ] that comes first stands for itself.
  const body = /^\[\^?\]?(?:\\[\s\S]|\[:\^?\w+:\]|[^\]\\])*\]/.exec(scan.text.slice(scan.at))?.[0];
  if (body === undefined) return "a [ is never closed";
  scan.at += body.length;
  scan.canRepeat = true;
  for (const [, from = "", to = ""] of body.matchAll(/([^\\[\]^-])-([^\\[\]])/g)) {
    if (from > to) return `the range ${from}-${to} counts downwards`;
  }
  return undefined;
}
