import type { Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import { configsOf, environmentName, variablesIn } from "../model/provider.ts";
import type { ProviderResource } from "../model/resource.ts";
import type { Input } from "./input.ts";

/** Istio's bound on a WasmPlugin's `vmConfig.env`. */
const maxVariables = 256;

/** No filter needs more variables than Istio allows. */
export function checkVariableCounts({ providers, target }: Input, report: Report): void {
  if (target === "envoy") return;
  for (const { place, count } of variablesOf(providers)) {
    if (count !== maxVariables + 1) continue;
    const message = `is variable number ${count} for these proxies: Istio allows a filter at most ${maxVariables}`;
    report(place.problem("too_many_variables", message));
  }
}

/**
 * Every `${NAME}` is in the environment of the proxies that the provider selects, as far as the
 * input says.
 */
export function checkVariables({ providers, context, target }: Input, report: Report): void {
  if (target === "envoy") return;
  const pods = context.flatMap(podsOf);
  // If nothing in the input shows a mesh, its gateways are not expected to be in the input.
  if (target === "any" && pods.length === 0 && !hasGateway(context)) return;
  for (const variable of variablesOf(providers)) {
    if (pods.some((pod) => gives(pod, variable))) continue;
    report(variable.place.problem("unset_variable", howToSet(variable.name)));
  }
}

function howToSet(name: string): string {
  const source = `{secretKeyRef: {name: llm-egress-keys, key: ${name}}}`;
  return `nothing in the input sets ${name} for the gateway; its istio-proxy container needs env: [{name: ${name}, valueFrom: ${source}}]`;
}

interface Variable {
  name: string;
  provider: ProviderResource;
  /** Where it is named. */
  place: Cursor;
  /** How many variables the same proxies need up to this one. */
  count: number;
}

/** The variables that proxies need, each once per selector. */
function variablesOf(providers: readonly ProviderResource[]): Variable[] {
  const needed = new Map<string, Set<string>>();
  return providers.flatMap((provider) => {
    const workload = workloadKey(provider);
    const names = needed.get(workload) ?? new Set<string>();
    needed.set(workload, names);
    const headers = provider.at("spec", "headers", "set").fields();
    const others = [
      ...headers.map(([, place]) => place),
      provider.at("spec", "connection", "proxy", "authorization"),
    ];
    const mentions = [
      ...configsOf(provider).flatMap(variablesIn),
      ...others.flatMap((place) => {
        const name = environmentName(place.text());
        return name === undefined ? [] : [{ name, place }];
      }),
    ];
    return mentions.flatMap(({ name, place }): Variable[] => {
      if (names.has(name)) return [];
      return [{ name, provider, place, count: names.add(name).size }];
    });
  });
}

function workloadKey({ value, resource }: ProviderResource): string {
  const labels = Object.entries(value.spec.workloadSelector?.labels ?? {}).sort();
  return JSON.stringify([resource.namespace, labels]);
}

/**
 * What the input says about some pods: from a workload of Kubernetes, or from an IstioOperator,
 * which does not name its pods.
 */
interface Pods {
  namespace?: string;
  labels?: Record<string, string>;
  /** Undefined if `envFrom` may set any variable. */
  variables: Set<string> | undefined;
}

function podsOf(resource: Cursor): Pods[] {
  if (resource.at("kind").text() === "IstioOperator") {
    const gateways = resource.at("spec", "components", "egressGateways").items();
    return gateways.map((gateway) => ({ variables: namesOf(gateway.at("k8s", "env").items()) }));
  }
  const template = resource.at("spec", "template");
  const pod: Cursor = template.value === undefined ? resource : template;
  const containers = pod.at("spec", "containers").items();
  if (containers.length === 0) return [];
  const isOpen = containers.some((container) => container.at("envFrom").items().length > 0);
  const variables = containers.flatMap((container) => container.at("env").items());
  return [
    {
      namespace: resource.resource.namespace,
      labels: pod.at("metadata", "labels").texts(),
      variables: isOpen ? undefined : namesOf(variables),
    },
  ];
}

function namesOf(env: readonly Cursor[]): Set<string> {
  return new Set(env.map((variable) => variable.at("name").text() ?? ""));
}

function gives({ namespace, labels, variables }: Pods, { name, provider }: Variable): boolean {
  if (variables?.has(name) === false) return false;
  if (namespace !== undefined && namespace !== provider.resource.namespace) return false;
  const wanted = Object.entries(provider.value.spec.workloadSelector?.labels ?? {});
  return labels === undefined || wanted.every(([key, value]) => labels[key] === value);
}

function hasGateway(context: readonly Cursor[]): boolean {
  return context.some((resource) => resource.at("kind").text() === "Gateway");
}
