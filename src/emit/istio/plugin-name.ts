import { createHash } from "node:crypto";
import type { Workload } from "./workload.ts";

const maxTextLength = 200;

/**
 * The name of the WasmPlugin for a workload. It depends on the selector only, so that a change of
 * providers changes the plugin instead of adding a second one. A digest distinguishes selectors
 * that give the same words. So does a text that looks like one with a
 * digest.
 */
export function pluginName({ labels }: Workload): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  if (pairs.length === 0) return "llm-egress";
  const words = pairs.flat();
  const text = words
    .join("-")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, maxTextLength);
  const isPlain = words.every((word) => /^[a-z0-9]+$/.test(word)) && text.length < maxTextLength;
  if (isPlain && !/-[0-9a-f]{8}$/.test(text)) {
    return `llm-egress-${text}`;
  }
  const digest = createHash("sha256").update(JSON.stringify(pairs)).digest("hex").slice(0, 8);
  return `llm-egress-${text.replace(/^-|-$/g, "")}-${digest}`;
}
