// From the text of resources to configuration: parse → validate → plan → emit. Each step takes the
// result of the previous one, reports errors as diagnostics, and goes on; none throws for bad
// input. Nothing is kept between calls.
import { type Diagnostic, hasErrors, type ResourceName } from "./diagnostics.ts";
import { toBootstrap } from "./emit/envoy/bootstrap.ts";
import type { EnvoyOptions } from "./emit/envoy/options.ts";
import type { IstioOptions } from "./emit/istio/options.ts";
import { toIstioResources } from "./emit/istio/resources.ts";
import { toYaml, toYamlDocuments } from "./emit/to-yaml.ts";
import type { Document } from "./model/document.ts";
import { parse, type SourceText } from "./parse/parse.ts";
import { buildPlan } from "./plan/build.ts";
import type { Plan } from "./plan/plan.ts";
import type { Target } from "./validate/input.ts";
import { kubectlNamespace, validate, type ValidateOptions } from "./validate/validate.ts";

export type { Target };

export interface Compilation {
  /** Unsorted. */
  diagnostics: Diagnostic[];
  /** Absent if there is an error, unless resources in error are left out. */
  plan?: Plan;
  /** Resources of other kinds, which are checked against, and are not in the plan. */
  others: ResourceName[];
}

export type CompileOptions = Partial<Pick<ValidateOptions, "hasKeyServer" | "namespace">>;

/**
 * Texts → plan, with all diagnostics. Keys in Secrets are errors for a target, unless it has a key
 * server. `namespace` is that of resources without one.
 */
export function compile(
  sources: readonly SourceText[],
  target: Target,
  { hasKeyServer = target === "any", namespace = kubectlNamespace }: CompileOptions = {},
): Compilation {
  const unreadable: Diagnostic[] = [];
  const documents = parse(sources, (diagnostic) => void unreadable.push(diagnostic));
  const isComplete = unreadable.length === 0;
  const { diagnostics, plan, others } = compileResources(documents, target, {
    hasKeyServer,
    isComplete,
    namespace,
  });
  const all = [...unreadable, ...diagnostics];
  const result = { diagnostics: all, others };
  return plan === undefined || !isComplete ? result : { ...result, plan };
}

/**
 * Documents → plan, with all diagnostics. By default one error refuses all of them. With `errors:
 * "leave-out"`, the plan has the resources without an error. If two claim the same thing, the later
 * one is in error.
 */
export function compileResources(
  documents: readonly Document[],
  target: Target,
  options: Partial<Omit<ValidateOptions, "target">> = {},
): Compilation {
  const diagnostics: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
  const { errors = "refuse" } = options;
  const defaults = { hasKeyServer: true, errors, isComplete: true, namespace: kubectlNamespace };
  const resources = validate(documents, { ...defaults, ...options, target }, report);
  const others = resources.context.map(({ resource }) => resource);
  if (errors === "refuse" && hasErrors(diagnostics)) return { diagnostics, others };
  return { diagnostics, plan: buildPlan(resources), others };
}

/** Plan → the bootstrap of an Envoy, as YAML. */
export function emitEnvoy(plan: Plan, options: EnvoyOptions): string {
  return toYaml(toBootstrap(plan, options));
}

/** Plan → Istio's resources, as YAML for `kubectl apply`. Empty if there is nothing to apply. */
export function emitIstio(plan: Plan, options: IstioOptions): string {
  return toYamlDocuments(toIstioResources(plan, options).map(({ resource }) => resource));
}
