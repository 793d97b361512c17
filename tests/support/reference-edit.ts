// A simple implementation of the body edit, which reads the whole body at once and requires that
// JSON.parse has accepted it. The filter must forward exactly these bytes, no matter in which
// chunks the body arrives.
import type { PluginMember, PluginModels } from "../../contract/plugin-config.ts";

interface Span {
  /** The position of the comma before the member, or of its key's quote if there is no comma. */
  from: number;
  key: string;
  valueStart: number;
  end: number;
}

/** The edited body; both are latin1 strings, and `body` must be valid. */
export function referenceEdit(
  body: string,
  members: readonly PluginMember[],
  models?: PluginModels,
): string {
  const text = [...body];
  const sent = new Set<PluginMember>();
  const replaced = new Map<PluginMember, string>();
  const stream = members.find((member) => member.stream);
  let streams = (stream?.override ?? stream?.default) === "true";
  let kept = 0;
  for (const span of topLevelMembers(body)) {
    const member = members.find(({ name }) => name.toLowerCase() === fold(span.key));
    if (member) sent.add(member);
    const value = body.slice(span.valueStart, span.end);
    if (member && member === stream && !member.override) streams = value === "true";
    const isUnused = member?.forStreams && stream && sent.has(stream) && !streams;
    const replacement = member && !isUnused ? replacementFor(member, value, models) : undefined;
    if (replacement !== undefined) replaced.set(member!, replacement);
    if (replacement !== undefined || member?.override !== undefined || member?.remove) {
      text.fill(" ", span.from, span.end);
    } else if (kept++ === 0 && body[span.from] === ",") {
      text[span.from] = " ";
    }
  }
  const brace = body.lastIndexOf("}");
  const block = members.map((member) => slotOf(member, models)).reduce(add, "");
  return text.slice(0, brace).join("") + (block || " ") + text.slice(brace).join("");

  function add(block: string, slot: { size: number; member: PluginMember }): string {
    const { member, size } = slot;
    const isSent = [...sent].some((other) => other === member || inGroup(other, member));
    const isUnwanted = isSent || (member.forStreams && !streams);
    const replacement = member.forStreams && !streams ? undefined : replaced.get(member);
    const value = member.override ?? replacement ?? (isUnwanted ? undefined : member.default);
    if (value === undefined) return block + " ".repeat(size);
    const comma = kept > 0 || block.trim() !== "" ? "," : " ";
    return block + `${comma}"${member.name}":${value}`.padEnd(size);
  }
}

function inGroup(left: PluginMember, right: PluginMember): boolean {
  return left.group !== undefined && left.group === right.group;
}

function slotOf(
  member: PluginMember,
  models?: PluginModels,
): { size: number; member: PluginMember } {
  const aliases = member.name === "model" ? Object.values(models?.aliases ?? {}) : [];
  const values = [
    ...[member.override, member.default, member.limit],
    ...aliases.map((model) => JSON.stringify(model)),
  ];
  const longest = Math.max(0, ...values.map((value) => value?.length ?? 0));
  const kept = member.forStreams ? KEPT_OPTIONS : 0;
  return { member, size: longest === 0 ? 0 : `,"${member.name}":`.length + longest + kept };
}

// The longest options of a client that are kept beside the filter's, after their brace.
const KEPT_OPTIONS = 32;

function optionsFor(asking: string, value: string): string | undefined {
  if (value === "null") return asking;
  if (!value.startsWith("{")) return undefined;
  const rest = value.slice(1).replace(/^[ \t\r\n]*/, "");
  if (rest === "}") return asking;
  if (rest.length > KEPT_OPTIONS || rest.includes('"include_usage"')) return undefined;
  return `${asking.slice(0, -1)},${rest}`;
}

function replacementFor(
  member: PluginMember,
  value: string,
  models?: PluginModels,
): string | undefined {
  if (member.override !== undefined || member.remove) return undefined;
  if (member.forStreams && member.default) return optionsFor(member.default, value);
  if (member.limit !== undefined && exceeds(value, member.limit)) return member.limit;
  if (member.name !== "model" || !value.startsWith('"')) return undefined;
  const alias = models?.aliases?.[JSON.parse(utf8Of(value)) as string];
  return alias === undefined ? undefined : JSON.stringify(alias);
}

// A double has no digits that far after the decimal point.
function exceeds(value: string, limit: string): boolean {
  return Number(value) > Number(limit) || /^\d+\.0{16,}[1-9]/.test(value);
}

function utf8Of(latin1: string): string {
  return Buffer.from(latin1, "latin1").toString();
}

// Folds keys as Go's encoding/json does.
function fold(key: string): string {
  const text = JSON.parse(utf8Of(key)) as string;
  return text
    .replace(/\u017f/g, "s")
    .replace(/\u212a/g, "k")
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function topLevelMembers(body: string): Span[] {
  const spans: Span[] = [];
  let at = body.indexOf("{") + 1;
  let from = 0;
  while ((at = skipSpace(body, at)) < body.length && body[at] !== "}") {
    const keyStart = at;
    const keyEnd = skipString(body, at);
    const valueStart = skipSpace(body, skipSpace(body, keyEnd) + 1);
    const end = skipValue(body, valueStart);
    const key = body.slice(keyStart, keyEnd);
    spans.push({ from: from || keyStart, key, valueStart, end });
    from = skipSpace(body, end);
    at = body[from] === "," ? from + 1 : from;
  }
  return spans;
}

function skipSpace(body: string, at: number): number {
  while (" \t\r\n".includes(body[at] ?? "x")) at++;
  return at;
}

function skipString(body: string, at: number): number {
  for (at++; body[at] !== '"'; at++) if (body[at] === "\\") at++;
  return at + 1;
}

function skipValue(body: string, at: number): number {
  let depth = 0;
  do {
    if (body[at] === '"') at = skipString(body, at);
    else {
      if ("{[".includes(body[at]!)) depth++;
      if ("}]".includes(body[at]!)) depth--;
      at++;
    }
  } while (depth > 0 || !/[,}\]\s]/.test(body[at] ?? ",") || (depth > 0 && at < body.length));
  return at;
}
