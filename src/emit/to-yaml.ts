// Writes plain objects as YAML. The `yaml` package would build a node for every value first, which
// takes longer than all of planning and emitting; a writer that quotes whatever is not obviously
// safe is small, and a test reads its output back with that package.
import { printable, printableLine } from "../printable.ts";

/** A plain value as a YAML document. Fields that are undefined are left out. */
export function toYaml(value: object): string {
  const lines: string[] = [];
  writeBlock(value, "", lines);
  return `${lines.join("\n")}\n`;
}

/** Plain values as the documents of one YAML text. */
export function toYamlDocuments(values: readonly object[]): string {
  return values.map(toYaml).join("---\n");
}

/** Adds the lines of a list or an object that is not empty, each indented by `indent`. */
function writeBlock(value: object, indent: string, lines: string[]): void {
  if (Array.isArray(value)) {
    for (const item of value as unknown[]) writeItem(item, indent, lines);
    return;
  }
  for (const [key, field] of Object.entries(value)) {
    if (field !== undefined) writeField(key, field, indent, lines);
  }
}

/** Lines below the field have two more spaces than its own. */
function writeField(key: string, value: unknown, indent: string, lines: string[]): void {
  const start = `${indent}${text(key)}:`;
  if (isBlock(value)) {
    lines.push(start);
    writeBlock(value, `${indent}  `, lines);
  } else {
    lines.push(`${start} ${inline(value, `${indent}  `)}`);
  }
}

/** An item's first field is on the line of its dash. */
function writeItem(item: unknown, indent: string, lines: string[]): void {
  if (!isBlock(item)) {
    lines.push(`${indent}- ${inline(item, `${indent}  `)}`);
    return;
  }
  const first = lines.length;
  writeBlock(item, `${indent}  `, lines);
  lines[first] = `${indent}- ${lines[first]?.slice(indent.length + 2) ?? ""}`;
}

function isBlock(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

function inline(value: unknown, indent: string): string {
  if (typeof value === "string") return value.includes("\n") ? literal(value, indent) : text(value);
  return JSON.stringify(value);
}

const plainText = /^[A-Za-z/][\w./|-]*$/;
/** Words that some reader of YAML 1.1 or 1.2 does not read as a string. */
const otherType = /^(?:true|false|yes|no|on|off|y|n|null)$/i;

/** JSON's strings are YAML's double-quoted ones, with the same escapes. */
function text(value: string): string {
  return plainText.test(value) && !otherType.test(value) ? value : quoted(value);
}

function quoted(value: string): string {
  return printableLine(JSON.stringify(value));
}

const unprintable = /[\ud800-\udfff\ufeff\ufffe\uffff]/;

/** A text of several lines, as a literal block if that keeps every character. */
function literal(value: string, indent: string): string {
  const body = value.endsWith("\n") ? value.slice(0, -1) : value;
  const isPlain = printable(value) === value && !unprintable.test(value);
  if (!isPlain || /^[ \n]|\n$/.test(body) || body === "") return quoted(value);
  const header = body === value ? "|-" : "|";
  return `${header}\n${indent}${body.replace(/\n(?=[^\n])/g, `\n${indent}`)}`;
}
