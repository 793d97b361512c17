import { isPath } from "../../contract/characters.ts";
import type { ProviderResource } from "../model/resource.ts";
import type { Report } from "../diagnostics.ts";
import { configSource } from "../plan/build.ts";
import { type ConfigContext, createContext } from "./config-context.ts";
import { checkCredential } from "./credential-rules.ts";
import { checkMerged, checkMemberCount } from "./merged-rules.ts";
import { checkModels } from "./model-rules.ts";
import { checkParameters } from "./parameter-rules.ts";
import { checkHost } from "./name-rules.ts";

/** The rules for one LLMProvider alone. */
export function checkProvider(provider: ProviderResource, report: Report): void {
  const { document, value } = provider;
  checkHost(document, ["spec", "host"], value.spec.host, report);
  checkPath(provider, report);
  checkConfigs(provider, report);
}

function checkPath({ document, value }: ProviderResource, report: Report): void {
  // Without the escapes that a URL needs, Envoy would refuse the request, or the provider read another path.
  if (value.spec.path === undefined || isPath(value.spec.path)) return;
  const message =
    "must begin with / and hold no #, white space, control character or character beyond ASCII";
  report(document.problem("invalid_path", ["spec", "path"], message));
}

function checkConfigs(provider: ProviderResource, report: Report): void {
  const { defaultConfig, routeSpecificConfigs = {} } = provider.value.spec.configs ?? {};
  const base = contextAt(provider, ["defaultConfig"], defaultConfig, report);
  const isBaseSound = base === undefined || checkConfig(base);
  if (base !== undefined && isBaseSound) checkMemberCount(base.members, base);
  for (const [rule, config] of Object.entries(routeSpecificConfigs)) {
    const own = contextAt(provider, ["routeSpecificConfigs", rule], config, report);
    // Merged with a contradiction, each of its consequences would be reported as well.
    if (own !== undefined && checkConfig(own) && isBaseSound) checkMerged(base, own);
  }
}

function contextAt(
  provider: ProviderResource,
  path: readonly string[],
  config: Parameters<typeof configSource>[2],
  report: Report,
): ConfigContext | undefined {
  const source = configSource(provider, path, config);
  if (source === undefined) return undefined;
  const root = ["spec", "configs", ...path, "openAIConfig"];
  return createContext(source, { document: provider.document, root, report });
}

/** Whether the openAIConfig, looked at alone, is free of contradictions between its members. */
function checkConfig(context: ConfigContext): boolean {
  checkCredential(context);
  checkModels(context);
  return checkParameters(context);
}
