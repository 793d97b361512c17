import { isHeaderName, isPath } from "../../contract/characters.ts";
import { reservedHeaders } from "../../contract/reserved-headers.ts";
import type { OpenAIConfig } from "../api/generated.ts";
import type { Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import { defaultConfigOf, routeConfigsOf } from "../model/provider.ts";
import type { ProviderResource } from "../model/resource.ts";
import { checkConnection } from "./connection-rules.ts";
import { checkCredential } from "./credential-rules.ts";
import { checkEndpoints } from "./endpoint-rules.ts";
import { checkByModel, checkMerged } from "./merged-config-rules.ts";
import { checkModelGlobs, checkModels } from "./model-rules.ts";
import { checkHost, foldHeaderName } from "./name-rules.ts";
import { checkSetHeaders } from "./set-header-rules.ts";
import { checkParameters } from "./parameter-rules.ts";

/** The rules for one LLMProvider by itself. */
export function checkProvider(provider: ProviderResource, report: Report): void {
  checkHost(provider.at("spec", "host"), report);
  checkPath(provider.at("spec", "path"), report);
  checkEndpoints(provider, report);
  for (const name of provider.at("spec", "headers", "remove").items()) {
    checkRemovedHeader(name, report);
  }
  checkConnection(provider, report);
  checkSetHeaders(provider, report);
  checkConfigs(provider, report);
}

function checkRemovedHeader(name: Cursor<string>, report: Report): void {
  if (!isHeaderName(name.value)) {
    report(name.problem("invalid_removed_header", "must be a valid header name"));
  } else if (reservedHeaders.includes(foldHeaderName(name.value))) {
    const message = `can't be listed, as the gateway or Envoy handles it; neither can any of ${reservedHeaders.join(", ")}`;
    report(name.problem("invalid_removed_header", message));
  }
}

function checkPath(path: Cursor<string | undefined>, report: Report): void {
  // Without the escapes that a URL needs, Envoy would refuse the request, or the provider read
  // another path.
  if (path.value === undefined || isPath(path.value)) return;
  const message =
    "must begin with / and must not contain #, white space, control characters or non-ASCII characters";
  report(path.problem("invalid_path", message));
}

function checkConfigs(provider: ProviderResource, report: Report): void {
  const base = defaultConfigOf(provider);
  const isBaseSound = base === undefined || checkConfig(base, report);
  if (base !== undefined && isBaseSound) checkByModel(undefined, base, report);
  for (const [, own] of routeConfigsOf(provider)) {
    // After merging, a contradiction would be reported again with each of its consequences.
    if (own !== undefined && checkConfig(own, report) && isBaseSound) {
      checkMerged(base, own, report);
    }
  }
}

/** Whether the openAIConfig, by itself, is free of contradictions between its members. */
function checkConfig(config: Cursor<OpenAIConfig>, report: Report): boolean {
  checkCredential(config, report);
  checkModels(config, report);
  checkModelGlobs(config, report);
  return checkParameters(config, report);
}
