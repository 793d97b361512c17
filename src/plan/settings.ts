import type { OpenAIConfig } from "../api/generated.ts";
import type { Cursor } from "../model/cursor.ts";
import {
  askForUsage,
  completeMembers,
  mergeMembers,
  readMembers,
  refuseStreams,
} from "../model/members.ts";
import type { PluginModels, PluginSettings } from "../../contract/plugin-config.ts";

type Config = Cursor<OpenAIConfig> | undefined;

/**
 * What the filter does with a request under `base`, with `own` merged over it. Either may be
 * missing. Pure.
 */
export function buildSettings(base: Config, own?: Config): PluginSettings {
  const merged = mergeConfigs(base?.value, own?.value);
  const { apiKey, auth, models, maxRequestBytes, usage, streamMismatch } = merged;
  const complete = completeMembers(mergeMembers(readMembers(base), readMembers(own)));
  const members = streamMismatch === "Refuse" ? refuseStreams(complete) : complete;
  const settings: PluginSettings = {
    authHeader: (auth?.header ?? "authorization").toLowerCase(),
    authPrefix: auth?.prefix ?? "Bearer ",
    members: usage === "Off" ? members : askForUsage(members),
  };
  if (apiKey !== undefined) settings.apiKey = apiKey.trim();
  if (maxRequestBytes !== undefined) settings.maxRequestBytes = maxRequestBytes;
  const pluginModels = toPluginModels(models);
  if (pluginModels !== undefined) settings.models = pluginModels;
  if (models?.list === "Configured") settings.modelList = listModels(merged);
  return settings;
}

type Scalars = Pick<
  OpenAIConfig,
  "apiKey" | "auth" | "model" | "models" | "maxRequestBytes" | "usage" | "streamMismatch"
>;

function mergeConfigs(base: OpenAIConfig = {}, own: OpenAIConfig = {}): Scalars {
  const models = { ...base.models, ...own.models };
  const aliases = { ...base.models?.aliases, ...own.models?.aliases };
  return {
    ...base,
    ...own,
    auth: { ...base.auth, ...own.auth },
    models: { ...models, aliases },
  };
}

/** OpenAI's list of the models that a client may name, as far as they are named. */
function listModels({ model, models }: Scalars): string {
  const named = (models?.allow ?? []).filter((glob) => !/[*?]/.test(glob));
  const ids = [...new Set([...named, ...Object.keys(models?.aliases ?? {})])];
  const shown = ids.length === 0 && model !== undefined ? [model] : ids;
  const data = shown.map((id) => ({ id, object: "model", created: 0, owned_by: "gateway" }));
  return JSON.stringify({ object: "list", data });
}

function toPluginModels(models: OpenAIConfig["models"]): PluginModels | undefined {
  const plugin: PluginModels = {};
  if (models?.allow !== undefined) plugin.allow = models.allow;
  if (Object.keys(models?.aliases ?? {}).length > 0) plugin.aliases = { ...models?.aliases };
  return Object.keys(plugin).length > 0 ? plugin : undefined;
}
