import type { Report } from "../diagnostics.ts";
import type { SourceDocument } from "./source-document.ts";

/** The input's documents by kind, each in the order of the input. */
export interface Documents {
  providers: SourceDocument[];
  routes: SourceDocument[];
  /** Documents of other kinds, which are not ours to judge. */
  context: SourceDocument[];
  /** Whether nothing was left out because it can't be read. */
  isComplete: boolean;
}

const group = "istio.alibabacloud.com";
const apiVersion = `${group}/v1beta1`;
const kinds = ["LLMProvider", "LLMRoute"];

/** Sorts documents by kind and unfolds `kind: List`. Reports what claims to be ours and is of no known kind or version. */
export function classify(documents: readonly SourceDocument[], report: Report): Documents {
  const found: Documents = { providers: [], routes: [], context: [], isComplete: true };
  for (const document of documents.flatMap(unfoldList)) classifyOne(document, found, report);
  return found;
}

function unfoldList(document: SourceDocument): SourceDocument[] {
  const value = document.value as { kind?: unknown; items?: unknown } | null;
  if (value?.kind !== "List" || !Array.isArray(value.items)) return [document];
  return value.items.map((_, index) => document.at(["items", index])).flatMap(unfoldList);
}

function classifyOne(document: SourceDocument, found: Documents, report: Report): void {
  const header = readHeader(document);
  const claimed = header.apiVersion.split("/")[0] === group;
  if (!claimed && !kinds.includes(header.kind)) {
    found.context.push(document);
  } else if (!kinds.includes(header.kind)) {
    report(document.problem("unknown_kind", ["kind"], `must be one of ${kinds.join(", ")}`));
  } else if (header.apiVersion !== apiVersion) {
    report(document.problem("unknown_version", ["apiVersion"], `must be ${apiVersion}`));
  } else {
    (header.kind === "LLMProvider" ? found.providers : found.routes).push(document);
  }
}

function readHeader(document: SourceDocument): { apiVersion: string; kind: string } {
  const value = document.value as { apiVersion?: unknown; kind?: unknown } | null;
  return { apiVersion: wordOf(value?.apiVersion), kind: wordOf(value?.kind) };
}

function wordOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
