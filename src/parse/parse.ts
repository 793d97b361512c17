// Texts → documents of our kinds, with positions. Comes in: YAML or JSON, any number of documents a file. Goes out: what is ours, by
// kind, and the rest as context. Nothing is kept between calls.
import type { Diagnostic, Report } from "../diagnostics.ts";
import { classify, type Documents } from "./classify.ts";
import type { SourceText } from "./source-text.ts";
import { readDocuments } from "./yaml-documents.ts";

/** The documents in `sources`, in their order. What can't be read is reported and left out. */
export function parse(sources: readonly SourceText[], report: Report): Documents {
  let faults = 0;
  const counting: Report = (diagnostic) => {
    faults++;
    report(diagnostic);
  };
  const documents = sources.flatMap((source) => readDocuments(source, counting));
  const found = classify(documents, counting);
  found.isComplete = faults === 0;
  if (found.isComplete && found.providers.length + found.routes.length === 0) {
    report(nothingIn(sources[0]?.file ?? "-"));
  }
  return found;
}

function nothingIn(file: string): Diagnostic {
  const message = "there is no LLMProvider and no LLMRoute in the input";
  return { code: "no_resources", severity: "error", file, line: 1, column: 1, path: "", message };
}
