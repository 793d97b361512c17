// Prints a provider and a route to begin with: the name of a recipe in docs/providers.md → resources.
import { Argument, type Command } from "commander";
import { type Recipe, recipes } from "../api/recipes.ts";
import { addNamespaceOption } from "./namespace-option.ts";
import { print } from "./terminal.ts";

/** The namespace of the recipes, and of Istio's usual egress gateway. */
const usualNamespace = "istio-system";

/** Adds the argument and the option of `init`. */
export function addInitOptions(command: Command): Command {
  const names = recipes.map(({ name }) => name);
  const provider = new Argument("<provider>", "the provider").choices(names);
  return addNamespaceOption(command.addArgument(provider), {
    meaning: "namespace of the gateway and of both resources",
    usual: usualNamespace,
  });
}

/** Prints the resources for a provider. Returns the exit code. */
export function init(name: string, { namespace }: { namespace: string }): number {
  const recipe = recipes.find((each) => each.name === name);
  if (recipe === undefined) throw new Error(`BUG: ${name} is not a choice`);
  print(initialResources(recipe, namespace));
  return 0;
}

/** The recipe and its route, as YAML. */
export function initialResources({ name, host, text }: Recipe, namespace: string): string {
  const provider = text.replace(`namespace: ${usualNamespace}`, `namespace: ${namespace}`);
  return `${provider}---
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMRoute
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  host: ${host}
  gateways:
    - mesh
    - ${namespace}/egress-gw # the Gateway of the egress gateway
  rules:
    - name: ${name}-mesh # from sidecars to the egress gateway
      matches:
        - gateways: [mesh]
      backendRefs:
        - providerHost: istio-egressgateway.${namespace}.svc.cluster.local
    - name: ${name} # from the egress gateway to the provider
      matches:
        - gateways: [${namespace}/egress-gw]
      backendRefs:
        - providerHost: ${host}
`;
}
