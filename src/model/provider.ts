// How an LLMProvider's requests are configured, for validation and the plan.
import { isVariableName } from "../../contract/characters.ts";
import type { OpenAIConfig, SecretRef } from "../api/generated.ts";
import type { Cursor } from "./cursor.ts";
import type { ProviderResource } from "./resource.ts";

/** The openAIConfig for all rules. A rule's own is merged over it. */
export function defaultConfigOf(provider: ProviderResource): Cursor<OpenAIConfig> | undefined {
  return present(provider.at("spec", "configs", "defaultConfig", "openAIConfig"));
}

/** The rules that have a configuration of their own, with its openAIConfig. */
export function routeConfigsOf(
  provider: ProviderResource,
): [rule: string, config: Cursor<OpenAIConfig> | undefined][] {
  const configs = provider.at("spec", "configs", "routeSpecificConfigs").fields();
  return configs.map(([rule, config]) => [rule, present(config.at("openAIConfig"))]);
}

/** Every openAIConfig of the provider. */
export function configsOf(provider: ProviderResource): Cursor<OpenAIConfig>[] {
  const configs = [
    defaultConfigOf(provider),
    ...routeConfigsOf(provider).map(([, config]) => config),
  ];
  return configs.filter((config) => config !== undefined);
}

function present<Value>(cursor: Cursor<Value>): Cursor<NonNullable<Value>> | undefined {
  return cursor.value === undefined ? undefined : (cursor as Cursor<NonNullable<Value>>);
}

/** The variables that hold keys of this openAIConfig, each with the place that names it. */
export function variablesIn(config: Cursor<OpenAIConfig>): { name: string; place: Cursor }[] {
  const name = environmentName(config.value.apiKey);
  const single = name === undefined ? [] : [{ name, place: config.at("apiKey") }];
  const several = config
    .at("apiKeys")
    .items()
    .flatMap((key) => {
      const { env } = key.value;
      return env === undefined ? [] : [{ name: env, place: key.at("env") }];
    });
  return [...single, ...several];
}

/** The headers that the provider sets from Secrets, each with its reference. */
export function secretHeadersOf(provider: ProviderResource): [string, Cursor<SecretRef>][] {
  return provider.at("spec", "headers", "setSecretRefs").fields();
}

/** The places of this openAIConfig that name a key in a Secret. */
export function secretRefsIn(config: Cursor<OpenAIConfig>): Cursor<SecretRef>[] {
  const keys = config.at("apiKeys").items();
  return [config.at("apiKeySecretRef"), ...keys.map((key) => key.at("secretRef"))].flatMap(
    (ref) => present(ref) ?? [],
  );
}

/** NAME of an `apiKey: ${NAME}`; undefined for a literal key or none. */
export function environmentName(apiKey = ""): string | undefined {
  const name = /^\$\{(.*)\}$/.exec(apiKey.trim())?.[1] ?? "";
  return isVariableName(name) ? name : undefined;
}
