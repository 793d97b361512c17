import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isSeq,
  type LineCounter,
  type Node,
  type Pair,
} from "yaml";
import { keyOf } from "./yaml-document.ts";

/** What a walk over a document's nodes finds. Offsets are those of the file. */
export interface Inspection {
  /** Keys that a mapping repeats, without the first of each. */
  duplicateKeys: { offset: number; key: string }[];
  /** Aliases whose anchor is not defined before them. */
  danglingAliases: { offset: number }[];
  /** Lines, from 1, with a value that may be a credential, by the name of its field. */
  secretLines: Set<number>;
}

const secretField = /key|secret|password|credential|authorization|prefix/i;

/** Walks a document once, without expanding aliases. */
export function inspectNodes(document: Document, positions: LineCounter): Inspection {
  const walk = walkNodes(document);
  const secretLines = new Set<number>();
  for (const pair of walk.secretPairs) {
    for (const node of secretNodes(pair, walk)) addLines(node, positions, secretLines);
  }
  const danglingAliases = walk.aliases
    .filter((alias) => (walk.firstAnchors.get(alias.source) ?? Infinity) > startOf(alias))
    .map((alias) => ({ offset: startOf(alias) }));
  return { duplicateKeys: walk.duplicateKeys, danglingAliases, secretLines };
}

interface Walk {
  duplicateKeys: { offset: number; key: string }[];
  secretPairs: Pair[];
  aliases: Alias[];
  /** All nodes with an anchor name, as a name may be used again. */
  anchors: Map<string, Node[]>;
  firstAnchors: Map<string, number>;
}

function walkNodes(document: Document): Walk {
  const walk: Walk = {
    duplicateKeys: [],
    secretPairs: [],
    aliases: [],
    anchors: new Map(),
    firstAnchors: new Map(),
  };
  const pending: unknown[] = [document.contents];
  while (pending.length > 0) {
    const node = pending.pop();
    if (!isNode(node)) continue;
    if (isAlias(node)) {
      walk.aliases.push(node);
      continue;
    }
    if (node.anchor !== undefined) addAnchor(node, node.anchor, walk);
    if (isSeq(node)) for (const item of node.items) pending.push(item);
    if (isMap(node)) {
      inspectKeys(node.items, walk);
      for (const pair of node.items) pending.push(pair.key, pair.value);
    }
  }
  return walk;
}

function addAnchor(node: Node, name: string, walk: Walk): void {
  const first = Math.min(walk.firstAnchors.get(name) ?? Infinity, startOf(node));
  walk.firstAnchors.set(name, first);
  const named = walk.anchors.get(name);
  if (named === undefined) walk.anchors.set(name, [node]);
  else named.push(node);
}

function inspectKeys(pairs: readonly Pair[], walk: Walk): void {
  const seen = new Set<string>();
  for (const pair of pairs) {
    const key = keyOf(pair);
    if (seen.has(key)) walk.duplicateKeys.push({ offset: startOf(pair.key as Node | null), key });
    if (secretField.test(key)) walk.secretPairs.push(pair);
    seen.add(key);
  }
}

function secretNodes(pair: Pair, walk: Walk): Node[] {
  const nodes = [pair.key, pair.value].filter(isNode);
  // The value of an alias is written elsewhere, perhaps under a harmless name.
  return nodes.flatMap((node) => [node, ...anchorsOf(node, walk)]);
}

function anchorsOf(node: Node, walk: Walk): Node[] {
  return isAlias(node) ? (walk.anchors.get(node.source) ?? []) : [];
}

function addLines(node: Node, positions: LineCounter, lines: Set<number>): void {
  const [start, end] = node.range ?? [0, 0];
  const last = positions.linePos(end).line;
  for (let line = positions.linePos(start).line; line <= last; line++) lines.add(line);
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
