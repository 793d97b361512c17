// Any number of providers, each with a two-hop route.

function resource(index: number): string {
  return `
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMProvider
metadata: {name: p${index}}
spec:
  host: p${index}.example
  configs:
    defaultConfig:
      openAIConfig:
        apiKey: \${KEY_${index % 256}}
        parameters: {defaults: {temperature: 0.7}, limits: {max_tokens: 100}}
    routeSpecificConfigs:
      rule-${index}: {openAIConfig: {model: qwen}}
---
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMRoute
metadata: {name: r${index}}
spec:
  host: p${index}.example
  gateways: [mesh, egress]
  rules:
    - name: mesh-${index}
      matches: [{gateways: [mesh]}]
      backendRefs: [{providerHost: egress.default.svc.cluster.local}]
    - name: rule-${index}
      backendRefs: [{providerHost: p${index}.example}]
`;
}

/** The YAML of `count` providers and `count` routes. */
export function manyResources(count: number): string {
  return Array.from({ length: count }, (_, index) => resource(index)).join("---");
}
