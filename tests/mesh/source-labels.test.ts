// Rules that match labels of the calling workload. Only its own sidecar can match them, not a
// gateway.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { echoedBody, echoedHeader, echoOf } from "../support/requests.ts";
import { connectMesh } from "./mesh.ts";
import { dashscopeProvider, dashscopeRoute, gatewayRule } from "./resources.ts";
import { gatewayKeys, type WorkloadName } from "./rig/names.ts";

const mesh = connectMesh();
const echo = { "x-mock-echo": "1" };
const url = "http://dashscope.aliyuncs.com/v1/chat/completions";

// Two hops: only app is routed to the gateway.
const labelledRoute = dashscopeRoute.replace(
  "- gateways:\n      - mesh\n",
  "- gateways: [mesh]\n      sourceLabels: { app: app }\n",
);

// One hop: a provider without a key, for all sidecars of the namespace.
const moonshot = `
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMProvider
metadata: { name: moonshot, namespace: default }
spec:
  host: api.moonshot.cn
  configs:
    defaultConfig: { openAIConfig: { model: moonshot-v1-8k } }
    routeSpecificConfigs: { batch: { openAIConfig: { model: moonshot-v1-128k } } }
---
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMRoute
metadata: { name: moonshot, namespace: default }
spec:
  host: api.moonshot.cn
  rules:
    - name: batch
      matches: [{ sourceLabels: { app: worker } }]
      backendRefs: [{ providerHost: api.moonshot.cn }]
    - name: everybody-else
      backendRefs: [{ providerHost: api.moonshot.cn }]
`;

before(async () => {
  const resources = [dashscopeProvider, labelledRoute, moonshot];
  await mesh.apply(gatewayRule, ...resources, await mesh.render(...resources));
});
after(() => mesh.clear());

it("routes the workload with the labels to the gateway", async () => {
  const received = echoOf(await mesh.as("app").chat(url, {}, echo));
  const key = `Bearer ${gatewayKeys.API_KEY}`;
  assert.deepEqual(echoedHeader(received, "authorization"), [key]);
});

it("does not route other workloads there", async () => {
  for (const workload of ["sleep", "worker"] as const) {
    const answer = await mesh.as(workload).chat(url, {}, echo);
    assert.equal(answer.status, 404);
    assert.equal(answer.body.toString(), "");
  }
});

it("applies the settings of its rule to the workload with the labels, in its own sidecar", async () => {
  assert.equal(await modelFor("worker"), "moonshot-v1-128k");
  assert.equal(await modelFor("app"), "moonshot-v1-8k");
  assert.equal(await modelFor("sleep"), "moonshot-v1-8k");
});

async function modelFor(workload: WorkloadName): Promise<string> {
  const address = "http://api.moonshot.cn/v1/chat/completions";
  const body = echoedBody(await mesh.as(workload).chat(address, {}, echo));
  return (JSON.parse(body) as { model: string }).model;
}
