// Prints a provider and a route to begin with: a known provider's name → two resources.
import { Argument, type Command } from "commander";
import { keyVariable, type KnownProvider, knownProviders } from "../model/known-providers.ts";
import { addNamespaceOption } from "./namespace-option.ts";
import { print } from "./terminal.ts";

/** Adds the argument and the option of `init`. */
export function addInitOptions(command: Command): Command {
  const names = knownProviders.map(({ name }) => name);
  const provider = new Argument("<provider>", "the provider").choices(names);
  return addNamespaceOption(command.addArgument(provider), "istio-system");
}

/** Prints the resources of a known provider. Returns the exit code. */
export function init(name: string, { namespace }: { namespace: string }): number {
  const known = knownProviders.find((each) => each.name === name);
  if (known === undefined) throw new Error(`BUG: ${name} is not a choice`);
  print(`${providerOf(known, namespace)}---\n${routeOf(known, namespace)}`);
  return 0;
}

function providerOf(provider: KnownProvider, namespace: string): string {
  const { name, host, path, model } = provider;
  return `apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMProvider
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  workloadSelector:
    labels:
      istio: egressgateway # the pods of the egress gateway
  host: ${host}
  path: ${path}
  configs:
    defaultConfig:
      openAIConfig:
        model: ${model}
        apiKey: \${${keyVariable(provider)}} # from the environment of the gateway
`;
}

function routeOf({ name, host }: KnownProvider, namespace: string): string {
  return `apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMRoute
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  host: ${host}
  gateways:
    - mesh
    - ${namespace}/egress-gw # the Gateway of the egress gateway
  rules:
    - name: ${name}-mesh # from sidecars to the egress gateway
      matches:
        - gateways:
            - mesh
      backendRefs:
        - providerHost: istio-egressgateway.${namespace}.svc.cluster.local
    - name: ${name} # from the egress gateway to the provider
      matches:
        - gateways:
            - ${namespace}/egress-gw
      backendRefs:
        - providerHost: ${host}
`;
}
