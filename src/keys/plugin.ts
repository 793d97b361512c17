// What the filter of one workload may know: read from a WasmPlugin as it is in effect, so that a
// resource that is refused has the keys that it had. It reads less than the controller, which takes
// the plan from a WasmPlugin: keys go on to be handed out if somebody has edited other parts. Pure.
import type { PluginConfig } from "../../contract/plugin-config.ts";
import type { KubeObject } from "../kube/client.ts";
import { referencesOf, settingsOf } from "../model/plugin-settings.ts";

/** A key in a Secret of the plugin's namespace. */
export interface SecretRef {
  secret: string;
  entry: string;
}

export interface Plugin {
  namespace: string;
  name: string;
  /** The labels of the pods that run the filter. Empty: all of the namespace. */
  labels: Record<string, string>;
  /** Names the configuration. Empty if it has no name. */
  revision: string;
  /** The references of the configuration's keys, `NAME/KEY`, sorted. */
  references: string[];
}

interface PluginSpec {
  selector?: { matchLabels?: Record<string, string> };
  pluginConfig?: Partial<PluginConfig>;
}

/** Reads a WasmPlugin. Undefined if somebody has given it a form that can't be read. */
export function readPlugin(object: KubeObject): Plugin | undefined {
  try {
    return readSpec(object);
  } catch {
    return undefined;
  }
}

function readSpec({ metadata, spec }: KubeObject): Plugin | undefined {
  const { selector, pluginConfig = {} } = (spec ?? {}) as PluginSpec;
  const { revision = "", providers = [] } = pluginConfig;
  const named = providers.flatMap((each) =>
    referencesOf(settingsOf(each.settings, each.routes ?? []), each.secretHeaders),
  );
  const references = [...new Set(named)];
  const labels = selector?.matchLabels ?? {};
  const texts = [revision, ...references, ...Object.values(labels)];
  if (!texts.every((each: unknown) => typeof each === "string")) return undefined;
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    ...{ labels, revision },
    references: references.filter(isReference).sort(),
  };
}

// Others can't name a Secret, and would lead to another path of the API.
function isReference(text: string): boolean {
  return /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/[-._a-zA-Z0-9]+$/.test(text);
}

/** The parts of `NAME/KEY`. Neither contains a slash. */
export function parseReference(reference: string): SecretRef {
  const [secret = "", entry = ""] = reference.split("/");
  return { secret, entry };
}

/** A pod, as far as it matters who it is. */
export interface Pod {
  namespace: string;
  name: string;
  labels: Record<string, string>;
  serviceAccount: string;
  /** Empty until it has one. */
  ip: string;
  /** Whether its containers run and are ready. */
  isReady: boolean;
}

interface PodFields {
  spec?: { serviceAccountName?: string };
  status?: { podIP?: string; phase?: string; conditions?: { type: string; status: string }[] };
}

/** Reads a pod of the API. */
export function readPod(object: KubeObject): Pod {
  const { metadata } = object;
  const { spec, status } = object as PodFields;
  const isReady = (status?.conditions ?? []).some(
    ({ type, status }) => type === "Ready" && status === "True",
  );
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    labels: metadata.labels ?? {},
    serviceAccount: spec?.serviceAccountName ?? "default",
    ip: status?.podIP ?? "",
    isReady: isReady && metadata["deletionTimestamp"] === undefined,
  };
}

/** Whether the plugin's filter runs in the pod. */
export function selects({ namespace, labels }: Plugin, pod: Pod): boolean {
  const isSelected = Object.entries(labels).every(([name, value]) => pod.labels[name] === value);
  return pod.namespace === namespace && isSelected;
}
