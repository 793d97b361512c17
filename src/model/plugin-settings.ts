// What the plugin's settings of a provider name: variables of the environment, and keys in Secrets.
import type { PluginSettings } from "../../contract/plugin-config.ts";
import { environmentName } from "./provider.ts";

/** The settings of a provider: its own, and those of its routes. */
export function settingsOf(
  own: PluginSettings,
  routes: readonly { settings: PluginSettings }[],
): PluginSettings[] {
  return [own, ...routes.map(({ settings }) => settings)];
}

/** The environment variables that hold keys of these settings. */
export function variablesOf({ apiKey, apiKeys = [] }: PluginSettings): string[] {
  const keys = [apiKey, ...apiKeys.map((each) => each.apiKey)];
  return keys.flatMap((key) => environmentName(key) ?? []);
}

/** The references of a provider to keys in Secrets, `NAME/KEY`, each once. */
export function referencesOf(
  settings: readonly PluginSettings[],
  secretHeaders: Record<string, string> = {},
): string[] {
  return [...new Set([...settings.flatMap(keyReferencesOf), ...Object.values(secretHeaders)])];
}

function keyReferencesOf({ apiKeySecretRef, apiKeys = [] }: PluginSettings): string[] {
  return [apiKeySecretRef, ...apiKeys.map((each) => each.apiKeySecretRef)].flatMap(
    (each) => each ?? [],
  );
}
