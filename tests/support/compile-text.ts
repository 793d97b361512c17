import { type Compilation, compile } from "../../src/compile.ts";
import type { Plan } from "../../src/plan/plan.ts";

/** Compiles one YAML text under the name input.yaml. Keys in Secrets are no errors. */
export function compileText(text: string): Compilation {
  return compile([{ file: "input.yaml", text }], "envoy", { hasKeyServer: true });
}

/** The plan of a text without errors. */
export function planOf(text: string): Plan {
  const { plan, diagnostics } = compileText(text);
  if (plan === undefined) throw new Error(JSON.stringify(diagnostics, null, 2));
  return plan;
}

/** An LLMProvider whose default openAIConfig is `config`, in YAML flow style or JSON. */
export function providerText(config: string, name = "a"): string {
  return `
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMProvider
metadata: {name: ${name}}
spec:
  host: ${name}.example
  configs:
    defaultConfig:
      openAIConfig: ${config}
`;
}

/** Like providerText, and an LLMRoute with `rule`, for which the provider's openAIConfig is `own`. */
export function ruleText(config: string, own: string): string {
  return `${providerText(config)}    routeSpecificConfigs: {rule: {openAIConfig: ${own}}}
---
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMRoute
metadata: {name: a}
spec: {host: a.example, rules: [{name: rule, backendRefs: [{providerHost: a.example}]}]}
`;
}
