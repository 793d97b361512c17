import { isHeaderName } from "../../contract/characters.ts";
import type { RouteMatch, StringMatch } from "../api/generated.ts";
import type { Path, Report } from "../diagnostics.ts";
import type { SourceDocument } from "../parse/source-document.ts";
import { findRe2Fault } from "./re2-syntax.ts";

/** Where a match stands. */
export interface MatchPlace {
  document: SourceDocument;
  path: Path;
  report: Report;
}

/** One match of a rule: its headers and their conditions. */
export function checkMatch(match: RouteMatch, place: MatchPlace): void {
  for (const [name, condition] of Object.entries(match.headers ?? {})) {
    const path = [...place.path, "headers", name];
    // Pseudo headers are refused as edited ones, which is the better reason.
    if (!isHeaderName(name) && !name.startsWith(":")) {
      const message = "is no header's name: letters, digits and any of !#$%&'*+-.^_`|~";
      place.report(place.document.problem("invalid_header_name", path, message, "key"));
    }
    checkCondition(condition, { ...place, path });
  }
}

function checkCondition(condition: StringMatch, { document, path, report }: MatchPlace): void {
  const kinds = Object.keys(condition);
  if (kinds.length !== 1) {
    const message = "must have exactly one of exact, prefix and regex";
    report(document.problem("invalid_match", path, message, "key"));
  }
  const fault = condition.regex === undefined ? undefined : findRe2Fault(condition.regex);
  if (fault !== undefined) {
    const message = `is no RE2 expression, which is what Envoy evaluates: ${fault}`;
    report(document.problem("invalid_regex", [...path, "regex"], message));
  }
}
