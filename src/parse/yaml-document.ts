import {
  type Document as YamlTree,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Pair,
} from "yaml";
import type { Location, Path } from "../diagnostics.ts";
import type { Document, Spot } from "../model/document.ts";
import { jsonText } from "./json-text.ts";

/** The file that holds a document. */
export interface SourceFile {
  file: string;
  /** The file's lines, without line breaks. */
  lines: readonly string[];
  positions: LineCounter;
  /** Numbers of the lines, from 1, that may hold a key and are never shown. */
  secretLines: ReadonlySet<number>;
}

/** One document of a text: its value, and where each part of it is in the source. */
export class YamlDocument implements Document {
  constructor(
    private readonly source: SourceFile,
    private readonly tree: YamlTree,
    readonly value: unknown,
  ) {}

  jsonText(path: Path): string {
    let node = this.tree.contents;
    for (const step of path) node = childOf(this.resolve(node), step)?.value ?? null;
    return jsonText(node, this.tree);
  }

  locate(path: Path, spot: Spot): Location {
    const { line, col } = this.source.positions.linePos(this.offsetOf(path, spot));
    const location: Location = {
      file: this.source.file,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
    };
    const excerpt = this.excerpt(location.line);
    if (excerpt !== undefined) location.excerpt = excerpt;
    return location;
  }

  private offsetOf(path: Path, spot: Spot): number {
    let node = this.tree.contents;
    let offset = node?.range?.[0] ?? 0;
    for (const [index, step] of path.entries()) {
      const child = childOf(this.resolve(node), step);
      if (child === undefined) break;
      const atEnd = index === path.length - 1;
      const shown = atEnd && spot === "value" ? child.value : (child.key ?? child.value);
      offset = shown?.range?.[0] ?? offset;
      node = child.value;
    }
    return offset;
  }

  private resolve(node: Node | null): Node | null {
    return isAlias(node) ? (node.resolve(this.tree) ?? null) : node;
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

/** A key may also be in a comment or under an unexpected name: such lines are not shown either. */
function isShowable(line: string): boolean {
  // eslint-disable-next-line no-control-regex -- a terminal must not obey what a file holds
  if (line.length > 160 || /[\0-\x08\x0b-\x1f\x7f]/.test(line)) return false;
  return !/key|secret|password|credential|bearer|\bsk-/i.test(line);
}
