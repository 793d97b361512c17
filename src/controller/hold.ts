// What is refused keeps what it was before: its part of the plan is read back from the objects that
// are in effect. Nothing is remembered, so a restart changes nothing. Pure.
import type { KubeObject } from "../kube/client.ts";
import { formatResource } from "../diagnostics.ts";
import { byFullName } from "../plan/build.ts";
import { joinPlan } from "../plan/join.ts";
import type { Plan, ProviderPlan, RoutePlan, RouteSettingsPlan } from "../plan/plan.ts";
import { providerName, routeName, sourceAnnotation } from "./desired.ts";
import { type ProviderObjects, readProviders, readRoute } from "./read-back.ts";

/** The managed objects that are in effect, by `namespace/name`. */
export interface Live extends ProviderObjects {
  WasmPlugin: ReadonlyMap<string, KubeObject>;
  VirtualService: ReadonlyMap<string, KubeObject>;
}

export interface Held {
  plan: Plan;
  /** The resources whose former state is in the plan. */
  held: Set<string>;
  /**
   * Resources without an error that claim what a held one has, and so are refused as well: each
   * with the reason.
   */
  conflicts: Map<string, string>;
  /** The resource that a route of the plan comes from. */
  sourceOf(route: RoutePlan): string;
}

/** The namespaces whose LLMRoutes a provider allows, by its `providerName`. Undefined: all. */
export type AllowedBy = (provider: string) => readonly string[] | undefined;

/**
 * The plan of the accepted resources, with the former state of the refused ones added, as far as
 * providers allow it at present.
 */
export function holdRefused(
  plan: Plan,
  refused: ReadonlySet<string>,
  live: Live,
  allowedBy: AllowedBy,
): Held {
  // To read everything back takes a while, and most of the time nobody needs it.
  if (refused.size === 0) {
    return { plan, held: new Set(), conflicts: new Map(), sourceOf: routeName };
  }
  const former = readFormer(live);
  const conflicts = new Map<string, string>();
  let { providers, routes } = plan;
  // One that is refused now may have a former state as well, which then is held too.
  for (;;) {
    const isRefused = (name: string) => refused.has(name) || conflicts.has(name);
    const heldProviders = [...former.providers.values()].filter((each) =>
      isRefused(providerName(each)),
    );
    const forbidden = forbiddenBy([...providers, ...heldProviders], allowedBy);
    const heldRoutes = former.routes.filter(
      ({ route, source }) => isRefused(source) && forbidden(route) === undefined,
    );
    const before = conflicts.size;
    const held = { providers: heldProviders, routes: heldRoutes };
    const added = conflictsOf({ providers, routes }, held, forbidden);
    for (const [name, reason] of added) conflicts.set(name, reason);
    if (conflicts.size === before) {
      return { ...joinHeld({ providers, routes }, held, former), conflicts };
    }
    providers = providers.filter((each) => !conflicts.has(providerName(each)));
    routes = routes.filter((each) => !conflicts.has(routeName(each)));
  }
}

type Claims = Pick<Plan, "providers" | "routes">;
type HeldClaims = Pick<Claims, "providers"> & Pick<Former, "routes">;
type Conflict = readonly [name: string, reason: string];

/** The accepted resources that claim what held ones have, or that a held provider does not allow. */
function conflictsOf(
  { providers, routes }: Claims,
  held: HeldClaims,
  forbidden: (route: RoutePlan) => string | undefined,
): Conflict[] {
  const hosts = new Map(held.providers.map((each) => [each.host, providerName(each)]));
  const taken = new Map(
    held.routes.flatMap(({ route, source }) => claimsOf(route).map((claim) => [claim, source])),
  );
  return [
    ...providers.flatMap((each) => {
      const other = hosts.get(each.host);
      const reason = `duplicate_host: ${each.host} is in use by ${other}`;
      return other === undefined ? [] : [[providerName(each), reason] as const];
    }),
    ...routes.flatMap((each) => {
      const other = claimsOf(each).flatMap((claim) => taken.get(claim) ?? [])[0];
      const reason = `overlapping_routes: ${each.host} is in use by ${other}`;
      return other === undefined ? [] : [[routeName(each), reason] as const];
    }),
    ...routes.flatMap((each) => {
      const provider = forbidden(each);
      const reason = `route_not_allowed: ${provider} does not allow LLMRoutes of the namespace ${each.namespace}`;
      return provider === undefined ? [] : [[routeName(each), reason] as const];
    }),
  ];
}

/** The provider that a route leads to and that does not allow it, as `providerName` writes it. */
function forbiddenBy(
  providers: readonly ProviderPlan[],
  allowedBy: AllowedBy,
): (route: RoutePlan) => string | undefined {
  const names = new Map(providers.map((each) => [each.host, providerName(each)]));
  return ({ namespace, rules }) =>
    rules
      .flatMap(({ destinations }) => destinations.flatMap(({ host }) => names.get(host) ?? []))
      .find((name) => allowedBy(name)?.includes(namespace) === false);
}

function joinHeld(
  { providers, routes }: Claims,
  held: HeldClaims,
  former: Former,
): Omit<Held, "conflicts"> {
  const sources = new Map(held.routes.map(({ route, source }) => [keyOf(route), source]));
  const heldSources = new Set(sources.values());
  const isHeld = (name: string): boolean => heldSources.has(name);
  return {
    plan: joinPlan(
      [...providers.map((each) => withRoutes(each, former, isHeld)), ...held.providers],
      [...routes, ...held.routes.map(({ route }) => route)],
    ),
    held: new Set([...held.providers.map(providerName), ...heldSources]),
    sourceOf: (route) => sources.get(keyOf(route)) ?? routeName(route),
  };
}

/** A provider with its former settings for the rules of held routes. */
function withRoutes(
  provider: ProviderPlan,
  former: Former,
  isHeld: (name: string) => boolean,
): ProviderPlan {
  const before = former.providers.get(providerName(provider));
  const kept = (before?.routeSettings ?? []).filter(({ route }) =>
    isHeld(formatResource({ kind: "LLMRoute", ...route })),
  );
  if (kept.length === 0) return provider;
  const all = [...provider.routeSettings, ...kept];
  const byRule = (a: RouteSettingsPlan, b: RouteSettingsPlan): number =>
    a.rule === b.rule ? byFullName(a.route, b.route) : a.rule < b.rule ? -1 : 1;
  return { ...provider, routeSettings: all.sort(byRule) };
}

interface Former {
  /** By `providerName`. */
  providers: Map<string, ProviderPlan>;
  routes: { route: RoutePlan; source: string }[];
}

function readFormer(live: Live): Former {
  const providers = new Map<string, ProviderPlan>();
  for (const plugin of live.WasmPlugin.values()) {
    for (const provider of readProviders(plugin, live)) {
      providers.set(providerName(provider), provider);
    }
  }
  const routes = [...live.VirtualService.values()].flatMap((object) => {
    const route = readRoute(object);
    const source = object.metadata.annotations?.[sourceAnnotation] ?? "";
    // An annotation can be written by hand: it says nothing about another namespace.
    const isOwn = source.startsWith(`LLMRoute ${object.metadata.namespace ?? ""}/`);
    return route === undefined || !isOwn ? [] : [{ route, source }];
  });
  return { providers, routes };
}

/** Every host and gateway for which a route has rules. */
function claimsOf({ host, gateways }: RoutePlan): string[] {
  return (gateways.length === 0 ? ["mesh"] : gateways).map((gateway) => `${host} ${gateway}`);
}

function keyOf({ namespace, name }: Record<"namespace" | "name", string>): string {
  return `${namespace}/${name}`;
}
