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
import { type Range, shownRanges } from "./shown-ranges.ts";

/** The file that holds a document. */
export interface SourceFile {
  file: string;
  text: string;
  positions: LineCounter;
}

/** One document of a text: its value, and where each part of it is in the source. */
export class YamlDocument implements Document {
  /** What may be shown, by line from 1; made for the first diagnostic. */
  #shown: Map<number, Range[]> | undefined;

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
    const { text, positions } = this.source;
    const start = positions.lineStarts[line - 1] ?? 0;
    const [shown = ""] = text.slice(start, start + maxExcerpt + 2).split(/\r?\n/, 1);
    if (shown.length > maxExcerpt) return undefined;
    this.#shown ??= byLine(shownRanges(this.tree, text), positions);
    let rest = shown;
    for (const range of this.#shown.get(line) ?? []) {
      const [from, to] = [range.start - start, range.end - start];
      rest = rest.slice(0, from) + " ".repeat(to - from) + rest.slice(to);
    }
    return punctuation.test(rest) ? shown : undefined;
  }
}

const maxExcerpt = 160;

/** What may be on a shown line beside harmless names and values. */
const punctuation = /^[ \t:,[\]{}-]*$/;

function byLine(ranges: readonly Range[], positions: LineCounter): Map<number, Range[]> {
  const lines = new Map<number, Range[]>();
  for (const range of ranges) {
    const { line } = positions.linePos(range.start);
    const others = lines.get(line);
    if (others === undefined) lines.set(line, [range]);
    else others.push(range);
  }
  return lines;
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
