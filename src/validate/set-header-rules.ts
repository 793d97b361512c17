import { isHeaderName, isPrintable } from "../../contract/characters.ts";
import { reservedHeaderPrefix, reservedHeaders } from "../../contract/reserved-headers.ts";
import type { Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import { configsOf, environmentName, secretHeadersOf } from "../model/provider.ts";
import type { ProviderResource } from "../model/resource.ts";
import { checkSecretRef } from "./credential-rules.ts";
import { foldHeaderName } from "./name-rules.ts";

// No message here may hold a value.

/** `spec.headers.set` and `setSecretRefs`: which headers can be set, and their values. */
export function checkSetHeaders(provider: ProviderResource, report: Report): void {
  const credentials = configsOf(provider).map(({ value }) => value.auth?.header ?? "authorization");
  const taken = new Set(["authorization", ...credentials].map(foldHeaderName));
  const set = provider.at("spec", "headers", "set").fields();
  for (const [, value] of set) checkValue(value, report);
  const fromSecrets = secretHeadersOf(provider);
  for (const [, ref] of fromSecrets) checkSecretRef(ref, report, "invalid_set_header");
  for (const [name, value] of [...set, ...fromSecrets]) {
    const folded = foldHeaderName(name);
    if (!isHeaderName(name)) {
      report(value.problem("invalid_set_header", "must be a valid header name", "key"));
    } else if (isReserved(folded) || taken.has(folded)) {
      const message =
        "can't be set here: the gateway or Envoy sets it, or it carries the key or is set twice";
      report(value.problem("invalid_set_header", message, "key"));
    }
    taken.add(folded);
  }
}

function isReserved(folded: string): boolean {
  return reservedHeaders.includes(folded) || folded.startsWith(reservedHeaderPrefix);
}

function checkValue(value: Cursor<string>, report: Report): void {
  const text = value.value.trim();
  if (environmentName(text) !== undefined) return;
  if (text !== "" && isPrintable(text) && !text.includes("${")) return;
  const message = "must be printable ASCII, or exactly ${NAME} for a variable of the gateway";
  report(value.problem("invalid_set_header", message));
}
