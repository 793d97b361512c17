import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Scalar } from "yaml";
import { keyOf } from "./yaml-document.ts";

const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const decimalInteger = /^[+-]?\d+$/;
const otherInteger = /^0[xo][\da-fA-F]+$/;

/**
 * A node's value as JSON text. A number keeps its source text if that is JSON, so `0.70` and
 * 20-digit integers stay exact.
 */
export function jsonText(node: Node | null, document: Document): string {
  if (isAlias(node)) return jsonText(node.resolve(document) ?? null, document);
  if (isMap(node)) {
    const members = node.items.map(
      (pair) => `${JSON.stringify(keyOf(pair))}:${jsonText(pair.value as Node | null, document)}`,
    );
    return `{${members.join(",")}}`;
  }
  if (isSeq(node)) {
    return `[${node.items.map((item) => jsonText(item as Node | null, document)).join(",")}]`;
  }
  return isScalar(node) ? scalarText(node) : "null";
}

function scalarText(scalar: Scalar): string {
  const { value, source = "" } = scalar;
  if (typeof value !== "number") return JSON.stringify(value);
  if (jsonNumber.test(source)) return source;
  // BigInt, as a double would round integers beyond 2^53.
  if (decimalInteger.test(source) || otherInteger.test(source)) {
    return BigInt(source.replace(/^\+/, "")).toString();
  }
  return JSON.stringify(value);
}
