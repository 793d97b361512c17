import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Pair,
} from "yaml";
import {
  type Diagnostic,
  type DiagnosticCode,
  diagnosticCodes,
  formatPath,
  type Path,
} from "../diagnostics.ts";
import { jsonText } from "./json-text.ts";

/** The file that a document stands in. */
export interface SourceFile {
  file: string;
  /** The file's lines, without their ends. */
  lines: readonly string[];
  positions: LineCounter;
  /** Numbers of the lines, from 1, that may hold a key and are never shown. */
  secretLines: ReadonlySet<number>;
}

/** Whether a diagnostic points at a field's value or at its name. */
export type Spot = "value" | "key";

/** One document, or an item of a `kind: List`: its value, and where each part of it stands in the source. */
export class SourceDocument {
  constructor(
    private readonly source: SourceFile,
    private readonly yaml: Document,
    /** The plain value. Numbers are doubles here: `jsonText` has them exactly. */
    readonly value: unknown,
    private readonly base: Path = [],
  ) {}

  /** The name of the file. */
  get file(): string {
    return this.source.file;
  }

  /** The document at `path` within this one. */
  at(path: Path): SourceDocument {
    let value = this.value as Record<string | number, unknown>;
    for (const step of path) value = value[step] as typeof value;
    return new SourceDocument(this.source, this.yaml, value, [...this.base, ...path]);
  }

  /** A diagnostic about the part at `path`; where there is none, it points at the nearest part around it. */
  problem(code: DiagnosticCode, path: Path, message: string, spot: Spot = "value"): Diagnostic {
    const whole = [...this.base, ...path];
    const { line, column } = this.locate(whole, spot);
    const diagnostic: Diagnostic = {
      code,
      severity: diagnosticCodes[code],
      file: this.source.file,
      line,
      column,
      path: formatPath(whole),
      message,
    };
    const excerpt = this.excerpt(line);
    if (excerpt !== undefined) diagnostic.excerpt = excerpt;
    return diagnostic;
  }

  /** `file:line`, to name a second place in a message. */
  place(path: Path): string {
    return `${this.source.file}:${this.locate([...this.base, ...path], "value").line}`;
  }

  /** The part at `path` as JSON text, with every number written as in the source. The path must exist. */
  jsonText(path: Path): string {
    let node = this.yaml.contents;
    for (const step of [...this.base, ...path])
      node = childOf(this.resolve(node), step)?.value ?? null;
    return jsonText(node, this.yaml);
  }

  private locate(path: Path, spot: Spot): { line: number; column: number } {
    let node = this.yaml.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const [index, step] of path.entries()) {
      const child = childOf(this.resolve(node), step);
      if (child === undefined) break;
      const atEnd = index === path.length - 1;
      const shown = atEnd && spot === "value" ? child.value : (child.key ?? child.value);
      offset = shown?.range?.[0] ?? offset;
      node = child.value;
    }
    const { line, col } = this.source.positions.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  private resolve(node: Node | null): Node | null {
    return isAlias(node) ? (node.resolve(this.yaml) ?? null) : node;
  }

  private excerpt(line: number): string | undefined {
    const text = this.source.lines[line - 1];
    if (text === undefined || this.source.secretLines.has(line)) return undefined;
    return isShowable(text) ? text : undefined;
  }
}

interface Child {
  key?: Node | null;
  value: Node | null;
}

function childOf(node: Node | null, step: string | number): Child | undefined {
  if (isSeq(node) && typeof step === "number") {
    const value = node.items[step] as Node | undefined;
    return value === undefined ? undefined : { value };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find((item) => keyOf(item) === step) as Pair<Node, Node> | undefined;
  return pair && { key: pair.key, value: pair.value };
}

/** A mapping's key as the plain value has it. */
export function keyOf(pair: Pair): string {
  const value = isScalar(pair.key) ? pair.key.value : pair.key;
  if (typeof value === "string") return value;
  return value === null ? "" : JSON.stringify(value);
}

/** A key may also stand in a comment or under a name that nobody thought of: such lines are not shown either. */
function isShowable(line: string): boolean {
  // eslint-disable-next-line no-control-regex -- a terminal must not obey what a file holds
  if (line.length > 160 || /[\0-\x08\x0b-\x1f\x7f]/.test(line)) return false;
  return !/key|secret|password|credential|bearer|\bsk-/i.test(line);
}
