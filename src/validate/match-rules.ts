import { isHeaderName } from "../../contract/characters.ts";
import type { RouteMatch, StringMatch } from "../api/generated.ts";
import type { Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import { findRe2Fault } from "./re2-syntax.ts";

/** One match of a rule: its headers and their conditions. */
export function checkMatch(match: Cursor<RouteMatch>, report: Report): void {
  for (const [name, condition] of match.at("headers").fields()) {
    // Pseudo headers are refused as edited ones, which is the better reason.
    if (!isHeaderName(name) && !name.startsWith(":")) {
      const message = "is not a valid header name: letters, digits and any of !#$%&'*+-.^_`|~";
      report(condition.problem("invalid_header_name", message, "key"));
    }
    checkCondition(condition, report);
  }
}

function checkCondition(condition: Cursor<StringMatch>, report: Report): void {
  if (Object.keys(condition.value).length !== 1) {
    const message = "must have exactly one of exact, prefix and regex";
    report(condition.problem("invalid_match", message, "key"));
  }
  const regex = condition.at("regex");
  const fault = regex.value === undefined ? undefined : findRe2Fault(regex.value);
  if (fault !== undefined) {
    const message = `is not a valid RE2 expression, which Envoy requires: ${fault}`;
    report(regex.problem("invalid_regex", message));
  }
}
