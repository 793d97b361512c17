// Whether Envoy's RE2 accepts an expression. What JavaScript accepts differs on both sides (it has
// lookarounds and no inline flags), so RegExp can't decide this. Nothing is kept between calls.

/** Why RE2 would refuse `expression`; undefined if it accepts it. */
export function findRe2Fault(expression: string): string | undefined {
  const scan: Scan = { text: expression, at: 0, groups: [], copies: 1, most: 1, canRepeat: false };
  while (scan.at < scan.text.length) {
    const fault = readItem(scan);
    if (fault !== undefined) return fault;
  }
  return scan.groups.length > 0 ? "missing closing )" : undefined;
}

interface Scan {
  text: string;
  /** Position of the next character. */
  at: number;
  /** For each open group, what `most` was before it. */
  groups: number[];
  /** How many copies RE2 makes of the last item, including repetitions inside it. */
  copies: number;
  /** The most copies of an item in the group so far. */
  most: number;
  /** Whether a repetition may follow. */
  canRepeat: boolean;
}

/** RE2's bound on the numbers in {n,m}, multiplied if they are nested. */
const maxRepeat = 1000;

function readItem(scan: Scan): string | undefined {
  const character = scan.text[scan.at];
  switch (character) {
    case "(":
      return readGroup(scan);
    case ")":
      return closeGroup(scan);
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
      startItem(scan);
      scan.canRepeat = character !== "|";
      return undefined;
  }
}

function startItem(scan: Scan): void {
  scan.copies = 1;
  scan.canRepeat = true;
}

function closeGroup(scan: Scan): string | undefined {
  scan.at++;
  const outside = scan.groups.pop();
  if (outside === undefined) return "unmatched )";
  scan.canRepeat = true;
  scan.copies = scan.most;
  scan.most = Math.max(outside, scan.most);
  return undefined;
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
    return "unknown kind of group after (?";
  }
  scan.at += flags?.[0].length ?? opening.length;
  if (flags !== null) return undefined;
  scan.groups.push(scan.most);
  scan.most = 1;
  return undefined;
}

function readRepeat(scan: Scan, operator: string): string | undefined {
  if (!scan.canRepeat) return `nothing to repeat before ${operator}`;
  // A ? after a repetition makes it lazy. Any other operator would repeat the repetition.
  if (scan.text[scan.at] === "?") scan.at++;
  scan.canRepeat = false;
  return undefined;
}

function readCounts(scan: Scan): string | undefined {
  const counts = /^\{(\d+)(?:,(\d*))?\}/.exec(scan.text.slice(scan.at));
  if (counts === null) {
    // RE2 reads a brace that begins no repetition as itself.
    scan.at++;
    startItem(scan);
    return undefined;
  }
  scan.at += counts[0].length;
  const least = Number(counts[1]);
  const most = Number(counts[2] || least);
  if (least > maxRepeat || most > maxRepeat || least > most) {
    return `${counts[0]} must have ascending bounds of at most ${maxRepeat}`;
  }
  scan.copies *= Math.max(most, 1);
  scan.most = Math.max(scan.most, scan.copies);
  if (scan.copies > maxRepeat) return `${counts[0]} repeats more than ${maxRepeat} times in total`;
  return readRepeat(scan, counts[0]);
}

/** Escapes of one letter: classes, anchors and characters. */
const letterEscapes = "AabBCdDfnrsStvwWz";

const longEscape =
  /^(?:[pP](?:[A-Z]|\{\^?\w+\})|x(?:[\da-fA-F]{2}|\{[\da-fA-F]{1,6}\})|[1-7][0-7]{1,2}|0[0-7]{0,2})/;

function readEscape(scan: Scan): string | undefined {
  const rest = scan.text.slice(scan.at + 1);
  if (rest === "") return "trailing \\";
  startItem(scan);
  if (rest.startsWith("Q")) return readQuote(scan);
  const long = longEscape.exec(rest)?.[0];
  scan.at += 1 + (long?.length ?? 1);
  return long === undefined ? faultOfLetter(rest[0] ?? "") : faultOfLong(long);
}

function faultOfLetter(character: string): string | undefined {
  if (/[1-9k]/.test(character)) return "backreferences are not supported";
  const isKnown = !/[A-Za-z]/.test(character) || letterEscapes.includes(character);
  return isKnown ? undefined : `unknown escape \\${character}`;
}

const categories = /^(?:Any|C[cfos]?|L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?)$/;

function faultOfLong(escape: string): string | undefined {
  if (escape.startsWith("x")) {
    // Envoy matches bytes.
    const code = parseInt(escape.replace(/[x{}]/g, ""), 16);
    return code > 0xff ? `\\${escape} is above \\xFF` : undefined;
  }
  if (!/^[pP]/.test(escape)) return undefined;
  const name = escape.slice(1).replace(/[{}^]/g, "");
  return categories.test(name) || isScript(name)
    ? undefined
    : `unknown character class \\${escape}`;
}

function isScript(name: string): boolean {
  try {
    return new RegExp(`\\p{Script=${name}}`, "u") instanceof RegExp;
  } catch {
    return false;
  }
}

function readQuote(scan: Scan): undefined {
  const end = scan.text.indexOf("\\E", scan.at);
  scan.at = end < 0 ? scan.text.length : end + 2;
}

const posixClass =
  /^\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]$/;

function readClass(scan: Scan): string | undefined {
  // A ] that comes first is a literal.
  const body = /^\[\^?\]?(?:\\[\s\S]|\[:\^?\w+:\]|[^\]\\])*\]/.exec(scan.text.slice(scan.at))?.[0];
  if (body === undefined) return "missing closing ]";
  scan.at += body.length;
  startItem(scan);
  for (const { index } of body.matchAll(/\\[\s\S]/g)) {
    const fault = readEscape({ ...scan, text: body, at: index });
    if (fault !== undefined) return fault;
  }
  for (const [name] of body.matchAll(/\[:\^?\w+:\]/g)) {
    if (!posixClass.test(name)) return `unknown character class ${name}`;
  }
  if (/[^\\[^-]-\\[dDsSwWpP]/.test(body)) return "a range can't end with a character class";
  for (const [, from = "", to = ""] of body.matchAll(/([^\\[\]^-])-([^\\[\]])/g)) {
    if (from > to) return `the range ${from}-${to} is descending`;
  }
  return undefined;
}
