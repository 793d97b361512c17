// A resource, from its text to what runs: parse → validate → plan → emit. Each step takes what the one before gave, reports what is wrong,
// and goes on with the rest; none throws for bad input. Nothing is kept between calls.
import { type Diagnostic, hasErrors } from "./diagnostics.ts";
import { toBootstrap } from "./emit/envoy/bootstrap.ts";
import type { EnvoyOptions } from "./emit/envoy/options.ts";
import type { IstioOptions } from "./emit/istio/options.ts";
import { toIstioResources } from "./emit/istio/resources.ts";
import { toYaml, toYamlDocuments } from "./emit/to-yaml.ts";
import { parse, type SourceText } from "./parse/parse.ts";
import { buildPlan } from "./plan/build.ts";
import type { Plan } from "./plan/plan.ts";
import { checkForEnvoy } from "./validate/envoy-rules.ts";
import { checkForIstio } from "./validate/istio-rules.ts";
import { validate } from "./validate/validate.ts";

export interface Compilation {
  /** Unsorted. */
  diagnostics: Diagnostic[];
  /** Absent where there is an error. */
  plan?: Plan;
}

/** What is emitted. Validation has a few rules that hold for one target only. */
export type Target = "envoy" | "istio" | "any";

/** Texts → plan, with everything that is wrong with them. */
export function compile(sources: readonly SourceText[], target: Target): Compilation {
  const diagnostics: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic): void => void diagnostics.push(diagnostic);
  const documents = parse(sources, report);
  const resources = validate(documents, report);
  if (target === "envoy") checkForEnvoy(resources, report);
  else checkForIstio({ resources, context: documents.context, target }, report);
  if (hasErrors(diagnostics)) return { diagnostics };
  return { diagnostics, plan: buildPlan(resources) };
}

/** Plan → the bootstrap of an Envoy, as YAML. */
export function emitEnvoy(plan: Plan, options: EnvoyOptions): string {
  return toYaml(toBootstrap(plan, options));
}

/** Plan → Istio's resources, as YAML that `kubectl apply` takes. Empty where there is nothing to apply. */
export function emitIstio(plan: Plan, options: IstioOptions): string {
  return toYamlDocuments(toIstioResources(plan, options));
}
