// Resources that several tests on the mesh use.
import { readExample } from "./mesh.ts";

/** From the five steps: a Gateway for all hosts, in istio-system. */
export const gatewayRule = readExample("egress-gw.yaml");

/** From the five steps: dashscope.aliyuncs.com with `${API_KEY}`, a model, and no streaming. */
export const dashscopeProvider = readExample("dashscope-qwen.yaml");

/** From the five steps: from the sidecars through the gateway to dashscope.aliyuncs.com. */
export const dashscopeRoute = readExample("dashscope-route.yaml");

/** From the five steps: denies sleep access to dashscope.aliyuncs.com. */
export const denySleep = readExample("authpolicy.yaml");

export const moonshotProvider = `
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMProvider
metadata: { name: moonshot, namespace: istio-system }
spec:
  workloadSelector: { labels: { istio: egressgateway } }
  host: api.moonshot.cn
  path: /v1/chat/completions
  configs:
    defaultConfig:
      openAIConfig: { model: moonshot-v1-8k, apiKey: "\${MOONSHOT_KEY}" }
`;

/** Like dashscopeRoute, for api.moonshot.cn. */
export const moonshotRoute = dashscopeRoute
  .replaceAll("dashscope.aliyuncs.com", "api.moonshot.cn")
  .replaceAll("dashscope-route", "moonshot-route");

/**
 * Like the one in an installation of Istio, but this mesh has no controller that creates its pods.
 */
export const gatewayDeployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: istio-egressgateway, namespace: istio-system }
spec:
  selector: { matchLabels: { istio: egressgateway } }
  template:
    metadata:
      labels: { istio: egressgateway }
      annotations: { inject.istio.io/templates: gateway }
    spec:
      containers: [{ name: istio-proxy, image: auto, env: [{ name: API_KEY, value: x }] }]
`;
