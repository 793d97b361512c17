// One look at everything: resources → what is desired, and what to say of each. Pure.
import type { LLMProvider } from "../api/generated.ts";
import { compileResources } from "../compile.ts";
import { type Diagnostic, formatResource } from "../diagnostics.ts";
import type { IstioOptions } from "../emit/istio/options.ts";
import type { KubeObject } from "../kube/client.ts";
import { ObjectDocument } from "../parse/object-document.ts";
import { type Desired, idOf, toDesired } from "./desired.ts";
import { type AllowedBy, holdRefused, type Live } from "./hold.ts";
import { isRefusal, type Outcome } from "./status.ts";

/** etcd accepts objects of 1.5 MiB, with what the API adds to them. */
export const largePluginBytes = 1_200_000;

export interface Seen {
  /** LLMProviders and LLMRoutes. */
  own: readonly KubeObject[];
  /** Objects of other kinds that validation looks at. */
  context: readonly KubeObject[];
  /** The JSON text of an object, if its numbers need it. */
  textOf: (object: KubeObject) => string | undefined;
  live: Live;
}

export interface Judged {
  desired: Map<string, Desired>;
  /** What is known of a resource before anything is written. */
  outcomeOf(name: string): Pick<Outcome, "diagnostics" | "conflict" | "isHeld" | "largePlugin">;
}

/** What the cluster is to have, and what is wrong with each resource. */
export function judge({ own, context, textOf, live }: Seen, options: IstioOptions): Judged {
  const documents = [...[...own].sort(byAge), ...context].map(
    // The status is not the user's.
    (object) => new ObjectDocument({ ...object, status: undefined }, textOf(object)),
  );
  const { diagnostics, plan } = compileResources(documents, "istio", {
    errors: "leave-out",
    hasTunnels: options.proxies,
  });
  if (plan === undefined) throw new Error("BUG: resources in error were not left out");
  const byName = byResource(diagnostics);
  const refused = new Set(
    [...byName].filter(([, found]) => mayBeHeld(found)).map(([name]) => name),
  );
  const {
    plan: whole,
    held,
    conflicts,
    sourceOf,
  } = holdRefused(plan, refused, live, allowedBy(own));
  const { desired, clashes } = toDesired(whole, options, sourceOf);
  const large = largePlugins(desired);
  return {
    desired,
    outcomeOf: (name) => ({
      diagnostics: byName.get(name) ?? [],
      conflict: conflicts.get(name) ?? clashMessage(clashes.get(name)),
      isHeld: held.has(name),
      largePlugin: large.get(name),
    }),
  };
}

function byResource(diagnostics: readonly Diagnostic[]): Map<string, Diagnostic[]> {
  const byName = new Map<string, Diagnostic[]>();
  for (const diagnostic of diagnostics) {
    const about = diagnostic.affected ?? diagnostic.resource;
    const name = about === undefined ? "" : formatResource(about);
    const found = byName.get(name);
    if (found === undefined) byName.set(name, [diagnostic]);
    else found.push(diagnostic);
  }
  return byName;
}

/** The plugins that will soon be too large, by the providers in them. */
function largePlugins(desired: ReadonlyMap<string, Desired>): Map<string, string> {
  const large = [...desired.values()].filter(({ bytes }) => bytes > largePluginBytes);
  return new Map(
    large.flatMap(({ object, sources }) => sources.map((source) => [source, idOf(object)])),
  );
}

/** A provider that no longer allows a route means it: the route's former state must go. */
function mayBeHeld(found: readonly Diagnostic[]): boolean {
  return found.some(isRefusal) && !found.some(({ code }) => code === "route_not_allowed");
}

/** What LLMProviders say at present of the namespaces that they allow, also if they are refused. */
function allowedBy(own: readonly KubeObject[]): AllowedBy {
  const byName = new Map(own.map((object) => [idOf(object), object]));
  return (name) => {
    const { allowedRoutes } = (byName.get(name)?.["spec"] ?? {}) as Partial<LLMProvider["spec"]>;
    const namespaces: unknown = allowedRoutes?.namespaces;
    return Array.isArray(namespaces) ? (namespaces as string[]) : undefined;
  };
}

/** Of two that claim the same thing, the one that was there first has it. */
export function byAge(a: KubeObject, b: KubeObject): number {
  const [ageA = "", ageB = ""] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  if (ageA !== ageB) return ageA < ageB ? -1 : 1;
  return idOf(a) < idOf(b) ? -1 : 1;
}

function clashMessage(id: string | undefined): string | undefined {
  return id === undefined ? undefined : `another resource has become the ${id} as well`;
}
