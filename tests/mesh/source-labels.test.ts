// Rules by the labels of the workload that calls: its own sidecar judges them, a gateway can't.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { echoedBody, echoedHeader, echoOf } from "../support/requests.ts";
import { connectMesh } from "./mesh.ts";
import { dashscopeProvider, dashscopeRoute, gatewayRule } from "./resources.ts";
import { gatewayKeys, type WorkloadName } from "./rig/names.ts";

const mesh = connectMesh();
const echo = { "x-mock-echo": "1" };
const url = "http://dashscope.aliyuncs.com/v1/chat/completions";

// Two hops: the way to the gateway is app's alone.
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

it("leads the workload with the labels to the gateway", async () => {
  const received = echoOf(await mesh.as("app").chat(url, {}, echo));
  const key = `Bearer ${gatewayKeys.API_KEY}`;
  assert.deepEqual(echoedHeader(received, "authorization"), [key]);
});

it("leads no other workload there", async () => {
  for (const workload of ["sleep", "worker"] as const) {
    const answer = await mesh.as(workload).chat(url, {}, echo);
    assert.equal(answer.status, 404);
    assert.equal(answer.body.toString(), "");
  }
});

it("gives the workload with the labels the settings of its rule, in its own sidecar", async () => {
  assert.equal(await modelFor("worker"), "moonshot-v1-128k");
  assert.equal(await modelFor("app"), "moonshot-v1-8k");
  assert.equal(await modelFor("sleep"), "moonshot-v1-8k");
});

async function modelFor(workload: WorkloadName): Promise<string> {
  const address = "http://api.moonshot.cn/v1/chat/completions";
  const body = echoedBody(await mesh.as(workload).chat(address, {}, echo));
  return (JSON.parse(body) as { model: string }).model;
}
