import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isSeq,
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
}

/** Walks a document once, without expanding aliases. */
export function inspectNodes(document: Document): Inspection {
  const walk = walkNodes(document);
  const danglingAliases = walk.aliases
    .filter((alias) => (walk.firstAnchors.get(alias.source) ?? Infinity) > startOf(alias))
    .map((alias) => ({ offset: startOf(alias) }));
  return { duplicateKeys: walk.duplicateKeys, danglingAliases };
}

interface Walk {
  duplicateKeys: { offset: number; key: string }[];
  aliases: Alias[];
  /** An anchor's name may be given again; this is where it is first. */
  firstAnchors: Map<string, number>;
}

function walkNodes(document: Document): Walk {
  const walk: Walk = { duplicateKeys: [], aliases: [], firstAnchors: new Map() };
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
}

function inspectKeys(pairs: readonly Pair[], walk: Walk): void {
  const seen = new Set<string>();
  for (const pair of pairs) {
    const key = keyOf(pair);
    if (seen.has(key)) walk.duplicateKeys.push({ offset: startOf(pair.key as Node | null), key });
    seen.add(key);
  }
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0;
}
