// A document's nodes → the parts of its text that a diagnostic may show. Nothing is kept between calls.
import { type Document as YamlTree, isMap, isScalar, isSeq, type Node, type Pair } from "yaml";
import {
  isShownName,
  isShownScalar,
  type Shown,
  shownAt,
  shownFields,
} from "../model/shown-fields.ts";

/** Offsets of a part of a text: `end` is past the last character. */
export interface Range {
  start: number;
  end: number;
}

/**
 * The names and scalars of the document that are harmless, in no order. All else may be a key: an
 * unknown field, a comment, an anchor.
 */
export function shownRanges(tree: YamlTree, text: string): Range[] {
  const found: Range[] = [];
  const pending: [unknown, Shown][] = [[tree.contents, shownFields]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [node, shown] = next;
    if (isScalar(node)) add(node, found, (source) => isShownScalar(shown, source));
    if (isSeq(node)) {
      const each = typeof shown === "object" && "each" in shown ? shown.each : undefined;
      if (each !== undefined) for (const item of node.items) pending.push([item, each]);
    }
    if (isMap(node)) for (const pair of node.items) pending.push(...fieldOf(pair, shown));
  }
  return found;

  function fieldOf({ key, value }: Pair, shown: Shown): [unknown, Shown][] {
    const name = isScalar(key) ? String(key.value) : "";
    const field = shownAt(shown, name);
    if (field === undefined) return [];
    add(key as Node, found, isShownName);
    return [[value, field]];
  }

  function add(node: Node, ranges: Range[], isShown: (source: string) => boolean): void {
    const [start, end] = node.range ?? [0, 0];
    if (isShown(text.slice(start, end))) ranges.push({ start, end });
  }
}
