import type { ApiKey, OpenAIConfig, SecretRef } from "../api/generated.ts";
import type { Cursor } from "../model/cursor.ts";
import { askForUsage, completeMembers, type Members, refuseStreams } from "../model/members.ts";
import { manageMembers, readByModel } from "../model/model-members.ts";
import type {
  PluginKey,
  PluginMember,
  PluginModels,
  PluginSettings,
} from "../../contract/plugin-config.ts";

type Config = Cursor<OpenAIConfig> | undefined;

/**
 * What the filter does with a request under `base`, with `own` merged over it. Either may be
 * missing. Pure.
 */
export function buildSettings(base: Config, own?: Config): PluginSettings {
  const merged = mergeConfigs(base?.value, own?.value);
  const { auth, models, maxRequestBytes } = merged;
  const { members, modelMembers } = manageMembers(readByModel(base, own), (each) =>
    completeFor(merged, each),
  );
  const settings: PluginSettings = {
    authHeader: (auth?.header ?? "authorization").toLowerCase(),
    authPrefix: auth?.prefix ?? "Bearer ",
    members,
  };
  if (modelMembers.length > 0) settings.modelMembers = modelMembers;
  Object.assign(settings, toPluginKeys(merged));
  if (maxRequestBytes !== undefined) settings.maxRequestBytes = maxRequestBytes;
  const pluginModels = toPluginModels(models);
  if (pluginModels !== undefined) settings.models = pluginModels;
  if (models?.list === "Configured") settings.modelList = listModels(merged);
  return settings;
}

function completeFor({ usage, streamMismatch }: Scalars, members: Members): PluginMember[] {
  const complete = completeMembers(members);
  const refusing = streamMismatch === "Refuse" ? refuseStreams(complete) : complete;
  return usage === "Off" ? refusing : askForUsage(refusing);
}

const keyFields = ["apiKey", "apiKeySecretRef", "apiKeys"] as const;

type Keys = Pick<OpenAIConfig, (typeof keyFields)[number]>;

function toPluginKeys({ apiKey, apiKeySecretRef, apiKeys }: Keys): Partial<PluginSettings> {
  if (apiKey !== undefined) return { apiKey: apiKey.trim() };
  if (apiKeySecretRef !== undefined) return { apiKeySecretRef: toReference(apiKeySecretRef) };
  return apiKeys === undefined ? {} : { apiKeys: apiKeys.map(toPluginKey) };
}

function toPluginKey({ env, secretRef }: ApiKey): PluginKey {
  if (secretRef !== undefined) return { apiKeySecretRef: toReference(secretRef) };
  return env === undefined ? {} : { apiKey: `\${${env}}` };
}

/** `NAME/KEY`. */
export function toReference({ name, key }: SecretRef): string {
  return `${name}/${key}`;
}

type Scalars = Pick<
  OpenAIConfig,
  | (typeof keyFields)[number]
  | "auth"
  | "model"
  | "models"
  | "maxRequestBytes"
  | "usage"
  | "streamMismatch"
>;

function mergeConfigs(base: OpenAIConfig = {}, own: OpenAIConfig = {}): Scalars {
  const models = { ...base.models, ...own.models };
  const aliases = { ...base.models?.aliases, ...own.models?.aliases };
  const inherited = { ...base };
  // A key of its own replaces the default's, wherever the two come from.
  if (keyFields.some((field) => own[field] !== undefined)) {
    for (const field of keyFields) delete inherited[field];
  }
  return {
    ...inherited,
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
