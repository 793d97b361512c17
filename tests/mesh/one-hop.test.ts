// The filter in an application's own sidecar, without an egress gateway: one hop, and only that
// sidecar has the key.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { echoedBody, echoedHeader, echoOf } from "../support/requests.ts";
import { connectMesh } from "./mesh.ts";
import { workerKeys, workloads } from "./rig/names.ts";

const mesh = connectMesh();
const url = "http://api.moonshot.cn/v1/chat/completions";
const echo = { "x-mock-echo": "1" };

const provider = `
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMProvider
metadata: { name: moonshot, namespace: default }
spec:
  workloadSelector: { labels: { app: worker } }
  host: api.moonshot.cn
  path: /v1/chat/completions
  configs:
    defaultConfig:
      openAIConfig: { model: moonshot-v1-8k, apiKey: "\${WORKER_KEY}" }
    routeSpecificConfigs:
      long:
        openAIConfig: { model: moonshot-v1-128k }
`;
const route = `
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMRoute
metadata: { name: moonshot, namespace: default }
spec:
  host: api.moonshot.cn
  rules:
    - name: long
      matches: [{ headers: { x-context: { exact: long } } }]
      backendRefs: [{ providerHost: api.moonshot.cn }]
    - name: everything-else
      backendRefs: [{ providerHost: api.moonshot.cn }]
`;

before(async () => mesh.apply(provider, route, await mesh.render(provider, route)));
after(() => mesh.clear());

it("sends the key, the path and the model to the provider, over TLS", async () => {
  const headers = { ...echo, authorization: "Bearer the-client's-own" };
  const answer = await mesh.as("worker").chat(url.replace("/v1/", "/"), {}, headers);
  const received = echoOf(answer);
  assert.equal(received.serverName, "api.moonshot.cn");
  assert.equal(received.path, "/v1/chat/completions");
  assert.deepEqual(echoedHeader(received, "host"), ["api.moonshot.cn"]);
  assert.deepEqual(echoedHeader(received, "authorization"), [`Bearer ${workerKeys.WORKER_KEY}`]);
  assert.equal(modelIn(echoedBody(answer)), "moonshot-v1-8k");
});

it("selects another model by a header in a rule", async () => {
  const answer = await mesh.as("worker").chat(url, {}, { ...echo, "x-context": "long" });
  assert.equal(modelIn(echoedBody(answer)), "moonshot-v1-128k");
});

it("accepts HTTP/1.0 if Istio's switch is in the sidecar's environment", async () => {
  const body = JSON.stringify({ messages: [{ role: "user", content: "hello" }] });
  const printed = ["-o", "/dev/null", "-w", "%{http_code}"];
  const words = ["--http1.0", ...printed, "-d", body, url];
  assert.equal(await mesh.as("worker").curl(words), "200");
  assert.equal(await mesh.as("app").curl(words), "426");
});

it("sends no metadata of the mesh to the provider", async () => {
  const received = echoOf(await mesh.as("worker").chat(url, {}, echo));
  const names = received.headers.map(([name]) => name.toLowerCase());
  assert.deepEqual(
    names.filter((name) => /^x-(envoy|forwarded|istio|b3)/.test(name)),
    [],
  );
});

it("does not give the filter and the key to a workload that the selector does not match", async () => {
  const received = echoOf(await mesh.as("app").chat(url, {}, echo));
  assert.equal(received.serverName, "api.moonshot.cn");
  assert.deepEqual(echoedHeader(received, "authorization"), []);
  assert.ok(!(await mesh.configDump(workloads.app)).includes("${WORKER_KEY}"));
});

it("does not show the key in the configuration of the sidecar", async () => {
  const dump = await mesh.configDump(workloads.worker);
  assert.match(dump, /\$\{WORKER_KEY\}/);
  assert.ok(!dump.includes(workerKeys.WORKER_KEY));
});

function modelIn(body: string): string {
  return (JSON.parse(body) as { model: string }).model;
}
