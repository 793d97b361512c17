// What is said of a provider's gateways and keys. Pure.
import { formatResource } from "../diagnostics.ts";
import type { Remark } from "../keys/key-store.ts";
import type { Plugin } from "../keys/plugin.ts";
import type { KeyService } from "../keys/service.ts";
import type { KubeObject } from "../kube/client.ts";
import { referencesOf, settingsOf } from "../model/plugin-settings.ts";
import type { Acknowledgements } from "./acknowledgements.ts";
import { type Desired, idOf } from "./desired.ts";
import type { PluginSpec } from "./read-back.ts";
import type { Outcome } from "./status.ts";

/** The key connection, as far as a pass needs it. */
export type Gateways = Pick<
  KeyService,
  "follow" | "laggingAt" | "remarkOn" | "countPolls" | "expiresAt" | "renewsAt"
>;

interface Known {
  plugins: readonly Plugin[];
  acknowledgements: Acknowledgements;
  remarkOn: (namespace: string, reference: string) => Remark | undefined;
}

/** What the gateways and Secrets say of an LLMProvider. Nothing of an LLMRoute. */
export function outcomeOfGateways(
  desired: ReadonlyMap<string, Desired>,
  { plugins, acknowledgements, remarkOn }: Known,
): (object: KubeObject) => Pick<Outcome, "remarks" | "lagging"> {
  const outcomes = new Map<string, Pick<Outcome, "remarks" | "lagging">>();
  const live = new Map(plugins.map((each) => [`WasmPlugin ${each.namespace}/${each.name}`, each]));
  for (const [id, { object }] of desired) {
    if (object.kind !== "WasmPlugin") continue;
    const plugin = live.get(id);
    const lagging = plugin === undefined ? undefined : acknowledgements.of(plugin);
    for (const entry of (object.spec as PluginSpec).pluginConfig.providers) {
      const [namespace = "", name = ""] = entry.name.split("/");
      const all = referencesOf(settingsOf(entry.settings, entry.routes), entry.secretHeaders);
      const remarks = all.flatMap((each) => remarkOn(namespace, each) ?? []);
      outcomes.set(formatResource({ kind: "LLMProvider", namespace, name }), { remarks, lagging });
    }
  }
  return (object) => outcomes.get(idOf(object)) ?? { remarks: [], lagging: undefined };
}
