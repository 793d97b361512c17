// A WasmPlugin's configuration gets a name, by which gateways say that they use it. Without a key
// server, they have nobody to tell. Pure but for the time.
import { createHash } from "node:crypto";
import type { KubeObject } from "../kube/client.ts";
import type { ManagedObject } from "./desired.ts";
import type { PluginSpec } from "./read-back.ts";

/**
 * The plugin with a revision: the first of `known` that is of the same content, or else a new one.
 * The same content that comes back gets another name, as a gateway may still poll with the former.
 */
export function withRevision(goal: ManagedObject, known: readonly string[]): ManagedObject {
  const spec = goal.spec as PluginSpec;
  const config = { ...spec.pluginConfig };
  if (config.keyServer === undefined) return goal;
  delete config.revision;
  // All that a gateway loads, the module included.
  const text = JSON.stringify({ ...spec, pluginConfig: config });
  const digest = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const isSame = (each: string): boolean => each.startsWith(digest) && form.test(each);
  const revision = known.find(isSame) ?? `${digest}-${Date.now().toString(36)}`;
  return { ...goal, spec: { ...spec, pluginConfig: { ...config, revision } } };
}

const form = /^[0-9a-f]{16}-[0-9a-z]{1,12}$/;

/** The revision of a WasmPlugin, empty if it has none. Somebody may have given the object any form. */
export function revisionOf(object: KubeObject | ManagedObject | undefined): string {
  const { pluginConfig } = (object?.["spec"] ?? {}) as Partial<PluginSpec>;
  const revision: unknown = pluginConfig?.revision;
  return typeof revision === "string" ? revision : "";
}
