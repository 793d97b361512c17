import type { Report } from "../diagnostics.ts";
import { Cursor } from "../model/cursor.ts";
import type { Document } from "../model/document.ts";
import { suggest } from "./nearest.ts";

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
 * unknown kind, and of our kinds with an unknown version. `namespace` is that of resources without
 * one.
 */
export function classify(
  documents: readonly Document[],
  namespace: string,
  report: Report,
): Classified {
  const found: Classified = { providers: [], routes: [], context: [] };
  for (const document of documents) {
    for (const resource of unfoldList(Cursor.of(document, namespace), namespace)) {
      classifyOne(resource, found, report);
    }
  }
  return found;
}

function unfoldList(resource: Cursor, namespace: string): Cursor[] {
  const items = resource.at("items");
  if (resource.at("kind").text() !== "List" || !Array.isArray(items.value)) return [resource];
  return items.items().flatMap((item) => unfoldList(item.asResource(namespace), namespace));
}

function classifyOne(resource: Cursor, found: Classified, report: Report): void {
  const version = resource.at("apiVersion").text() ?? "";
  const kind = resource.at("kind").text() ?? "";
  const isClaimed = version.split("/")[0] === group;
  if (!isClaimed && !kinds.includes(kind)) {
    found.context.push(resource);
  } else if (!kinds.includes(kind)) {
    const message = `must be one of ${kinds.join(", ")}${suggest(kind, kinds)}`;
    report(resource.at("kind").problem("unknown_kind", message));
  } else if (version !== apiVersion) {
    report(resource.at("apiVersion").problem("unknown_version", `must be ${apiVersion}`));
  } else {
    (kind === "LLMProvider" ? found.providers : found.routes).push(resource);
  }
}
