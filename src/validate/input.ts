import type { Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import type { Resources } from "../model/resource.ts";

/** What the resources are for. `any`: not known; the context may show that it is a mesh. */
export type Target = "envoy" | "istio" | "any";

/** What is validated together. */
export interface Input extends Resources {
  /** Resources of other kinds, whose shape has not been checked. */
  context: readonly Cursor[];
  target: Target;
  /** Whether something hands out the keys that are in Secrets. */
  hasKeyServer: boolean;
  /** Whether a provider may have a proxy. */
  hasTunnels: boolean;
}

/** Reports what is wrong with the input. */
export type Check = (input: Input, report: Report) => void;

/** Whether we have rendered it: it may lie beside what it was rendered from. */
export function isOurs(resource: Cursor): boolean {
  return resource.at("metadata", "labels", "app.kubernetes.io/managed-by").text() === "llm-egress";
}

/** The resources of one kind, of any version of its group. */
export function ofKind(resources: readonly Cursor[], group: string, kind: string): Cursor[] {
  return resources.filter((each) => {
    const version = each.at("apiVersion").text() ?? "";
    return version.startsWith(`${group}/`) && each.at("kind").text() === kind;
  });
}
