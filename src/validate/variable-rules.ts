import { namespaceOf, type ProviderResource, type Resources } from "../model/resource.ts";
import type { Path, Report } from "../diagnostics.ts";
import type { SourceDocument } from "../parse/source-document.ts";
import { environmentName } from "../plan/to-plugin-config.ts";
import { listAt, namespaceAt, textAt, textsAt, valueAt } from "./read-value.ts";

/** Which variables are spoken of: all of them, or those of gateways of which the input holds something. */
export type Mentioned = "all" | "known-gateways";

/** Istio's bound on a WasmPlugin's `vmConfig.env`. */
const maxVariables = 256;

/** Every `${NAME}` is in the environment of the proxies that the provider selects, and there are not too many. */
export function checkVariables({ resources, context, mentioned }: Context, report: Report): void {
  const pods = context.flatMap(podsOf);
  const isSilent = mentioned === "known-gateways" && pods.length === 0 && !hasGateway(context);
  const counts = new Map<string, Set<string>>();
  for (const variable of resources.providers.flatMap(variablesOf)) {
    const { name, provider, path } = variable;
    const workload = workloadKey(provider);
    const names = counts.get(workload) ?? new Set<string>();
    const isNew = !names.has(name);
    counts.set(workload, names.add(name));
    if (isNew && names.size === maxVariables + 1) {
      const message = `is the proxies' variable number ${names.size}: Istio gives a filter ${maxVariables} at most`;
      report(provider.document.problem("too_many_variables", path, message));
    }
    if (!isNew || isSilent || pods.some((pod) => gives(pod, variable))) continue;
    report(provider.document.problem("unset_variable", path, howToSet(name)));
  }
}

interface Context {
  resources: Resources;
  /** The input's documents of other kinds. */
  context: readonly SourceDocument[];
  mentioned: Mentioned;
}

function howToSet(name: string): string {
  const source = `{secretKeyRef: {name: llm-egress-keys, key: ${name}}}`;
  return `nothing in the input sets ${name} for the gateway; its istio-proxy container needs env: [{name: ${name}, valueFrom: ${source}}]`;
}

interface Variable {
  name: string;
  provider: ProviderResource;
  /** Of the apiKey. */
  path: Path;
}

function variablesOf(provider: ProviderResource): Variable[] {
  const { defaultConfig, routeSpecificConfigs = {} } = provider.value.spec.configs ?? {};
  const places = [
    { path: ["defaultConfig"], config: defaultConfig },
    ...Object.entries(routeSpecificConfigs).map(([rule, config]) => ({
      path: ["routeSpecificConfigs", rule],
      config,
    })),
  ];
  return places.flatMap(({ path, config }) => {
    const name = environmentName({ apiKey: config?.openAIConfig?.apiKey?.trim() ?? "" });
    const whole = ["spec", "configs", ...path, "openAIConfig", "apiKey"];
    return name === undefined ? [] : [{ name, provider, path: whole }];
  });
}

function workloadKey(provider: ProviderResource): string {
  const labels = Object.entries(provider.value.spec.workloadSelector?.labels ?? {}).sort();
  return JSON.stringify([namespaceOf(provider), labels]);
}

/** What the input says about some pods: from a workload of Kubernetes, or from an installation of Istio, which names no pods. */
interface Pods {
  namespace?: string;
  labels?: Record<string, string>;
  /** Undefined where they come from elsewhere as a whole. */
  variables: Set<string> | undefined;
}

function podsOf({ value }: SourceDocument): Pods[] {
  if (textAt(value, ["kind"]) === "IstioOperator") {
    const gateways = listAt(value, ["spec", "components", "egressGateways"]);
    return gateways.map((gateway) => ({ variables: namesOf(listAt(gateway, ["k8s", "env"])) }));
  }
  const pod = valueAt(value, ["spec", "template"]) ?? value;
  const containers = listAt(pod, ["spec", "containers"]);
  if (containers.length === 0) return [];
  const isOpen = containers.some((container) => listAt(container, ["envFrom"]).length > 0);
  const variables = containers.flatMap((container) => listAt(container, ["env"]));
  return [
    {
      namespace: namespaceAt(value),
      labels: textsAt(pod, ["metadata", "labels"]),
      variables: isOpen ? undefined : namesOf(variables),
    },
  ];
}

function namesOf(env: readonly unknown[]): Set<string> {
  return new Set(env.map((variable) => textAt(variable, ["name"]) ?? ""));
}

function gives({ namespace, labels, variables }: Pods, { name, provider }: Variable): boolean {
  if (variables?.has(name) === false) return false;
  if (namespace !== undefined && namespace !== namespaceOf(provider)) return false;
  const wanted = Object.entries(provider.value.spec.workloadSelector?.labels ?? {});
  return labels === undefined || wanted.every(([key, value]) => labels[key] === value);
}

function hasGateway(context: readonly SourceDocument[]): boolean {
  return context.some(({ value }) => textAt(value, ["kind"]) === "Gateway");
}
