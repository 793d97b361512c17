import type { Report } from "../diagnostics.ts";
import { Cursor } from "../model/cursor.ts";
import type { Document } from "../model/document.ts";

/** Resources by kind, in the order of the input. Their shape has not been checked. */
export interface Classified {
  providers: Cursor[];
  routes: Cursor[];
  /** Of other kinds, which are not validated. */
  context: Cursor[];
}

const group = "istio.alibabacloud.com";
const apiVersion = `${group}/v1beta1`;
const kinds = ["LLMProvider", "LLMRoute"];

/**
 * Sorts resources by kind and unfolds `kind: List`. Reports resources of our API group with an
 * unknown kind, and of our kinds with an unknown version.
 */
export function classify(documents: readonly Document[], report: Report): Classified {
  const found: Classified = { providers: [], routes: [], context: [] };
  for (const resource of documents.map(Cursor.of).flatMap(unfoldList)) {
    classifyOne(resource, found, report);
  }
  return found;
}

function unfoldList(resource: Cursor): Cursor[] {
  const items = resource.at("items");
  if (resource.at("kind").text() !== "List" || !Array.isArray(items.value)) return [resource];
  return items.items().flatMap((item) => unfoldList(item.asResource()));
}

function classifyOne(resource: Cursor, found: Classified, report: Report): void {
  const version = resource.at("apiVersion").text() ?? "";
  const kind = resource.at("kind").text() ?? "";
  const isClaimed = version.split("/")[0] === group;
  if (!isClaimed && !kinds.includes(kind)) {
    found.context.push(resource);
  } else if (!kinds.includes(kind)) {
    report(resource.at("kind").problem("unknown_kind", `must be one of ${kinds.join(", ")}`));
  } else if (version !== apiVersion) {
    report(resource.at("apiVersion").problem("unknown_version", `must be ${apiVersion}`));
  } else {
    (kind === "LLMProvider" ? found.providers : found.routes).push(resource);
  }
}
