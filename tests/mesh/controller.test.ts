// The five steps with kubectl alone: the controller does the rest.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { echoedHeader, echoOf } from "../support/requests.ts";
import {
  type ControllerProcess,
  listManaged,
  prepareController,
  startController,
  untilPruned,
} from "./controller-process.ts";
import { connectMesh } from "./mesh.ts";
import {
  dashscopeProvider as provider,
  dashscopeRoute as route,
  denySleep,
  gatewayRule,
  moonshotProvider,
  moonshotRoute,
} from "./resources.ts";
import { gatewayKeys } from "./rig/names.ts";
import { pollUntil } from "./settle.ts";

const mesh = connectMesh();
const url = "http://dashscope.aliyuncs.com/v1/chat/completions";
const echo = { "x-mock-echo": "1" };
let controller: ControllerProcess;

before(async () => {
  await prepareController(mesh);
  controller = startController(mesh);
  await mesh.apply(gatewayRule);
});
after(async () => {
  await mesh.clear();
  await untilPruned(mesh);
  assert.equal(await controller.stop(), 0);
});

// The documents' routes name no namespace.
const namespaceOf = (name: string) => (name.endsWith("-route") ? "default" : "istio-system");

const word = (kind: string, name: string) =>
  mesh.kubectl("get", kind, name, "-n", namespaceOf(name), "-o", "jsonpath={.status.status}");

async function untilStatus(kind: string, name: string, status: string): Promise<void> {
  const is = async () => (await word(kind, name)) === status;
  await pollUntil(`${kind} ${name} to be ${status}`, is, () => Promise.resolve(controller.log()));
}

const isAnswered = async () => (await mesh.as("app").chat(url)).status === 200;

describe("kubectl apply", () => {
  it("puts a provider and a route into effect", async () => {
    await mesh.submit(provider, route);
    await untilStatus("llmprovider", "dashscope-qwen", "Ready");
    await untilStatus("llmroute", "dashscope-route", "Ready");
    await pollUntil("an answer", isAnswered);
    const received = echoOf(await mesh.as("app").chat(url, {}, echo));
    assert.deepEqual(echoedHeader(received, "authorization"), [`Bearer ${gatewayKeys.API_KEY}`]);
    assert.equal(received.path, "/compatible-mode/v1/chat/completions");
  });

  it("has gateways load the module from the controller, by its digest", async () => {
    const path = ["-o", "jsonpath={.items[0].spec.url} {.items[0].spec.sha256}"];
    const text = await mesh.kubectl("get", "wasmplugins", "-n", "istio-system", ...path);
    const [address = "", sha256 = ""] = text.split(" ");
    assert.match(address, /^http:\/\/llm-egress\.llm-egress-system\.svc\.cluster\.local:18080\//);
    const { status } = await controller.get(new URL(address).pathname);
    assert.equal(status, 200);
    assert.ok(address.includes(sha256) && sha256.length === 64);
    assert.equal((await controller.get(`/${"0".repeat(64)}/llm-egress.wasm`)).status, 503);
  });
});

describe("the state of resources", () => {
  it("is in columns", async () => {
    const table = await mesh.kubectl("get", "llmproviders,llmroutes", "-A");
    const rows = table.split("\n").map((line) => line.trim().split(/\s+/));
    assert.deepEqual(rows[0], ["NAMESPACE", "NAME", "HOST", "MODEL", "READY", "AGE"]);
    const host = "dashscope.aliyuncs.com";
    assert.deepEqual(rows[1]?.slice(2, 5), [host, "qwen-1.8b-chat", "Ready"]);
    const [heading, line] = rows.slice(-3);
    assert.deepEqual(heading, ["NAMESPACE", "NAME", "HOST", "RULES", "READY", "AGE"]);
    assert.equal(line?.at(-2), "Ready");
  });

  it("is explained by kubectl describe", async () => {
    const text = await mesh.kubectl("describe", "llmroute", "dashscope-route", "-n", "default");
    assert.match(text, /Programmed/);
    assert.match(text, /Normal\s+Ready/);
  });
});

describe("a policy", () => {
  it("denies one caller", async () => {
    await mesh.apply(denySleep);
    assert.equal((await mesh.as("sleep").chat(url)).body.toString(), "RBAC: access denied");
    assert.equal((await mesh.as("app").chat(url)).status, 200);
    await mesh.delete(denySleep);
  });
});

describe("drift", () => {
  it("is repaired within a second: an object is edited", async () => {
    const words = ["virtualservice", "dashscope-route", "-n", "default"];
    const patch = '{"spec":{"hosts":["evil.example"]}}';
    await mesh.kubectl("patch", ...words, "--type", "merge", "-p", patch);
    const begun = performance.now();
    await pollUntil("the repair", async () => {
      const host = await mesh.kubectl("get", ...words, "-o", "jsonpath={.spec.hosts[0]}");
      return host === "dashscope.aliyuncs.com";
    });
    assert.ok(performance.now() - begun < 1_000);
  });

  for (const [kind, name] of [
    ["virtualservice", "dashscope-route"],
    ["destinationrule", "dashscope-qwen"],
    ["serviceentry", "dashscope-qwen"],
    ["wasmplugin", "llm-egress-istio-egressgateway"],
  ] as const) {
    it(`is repaired within a second: a ${kind} is deleted`, async () => {
      const place = [kind, name, "-n", namespaceOf(name)];
      await mesh.kubectl("delete", ...place);
      const begun = performance.now();
      const words = ["get", ...place, "--ignore-not-found", "-o", "name"];
      await pollUntil("the repair", async () => (await mesh.kubectl(...words)) !== "");
      assert.ok(performance.now() - begun < 1_000);
    });
  }
});

describe("an object of the same name that is not the controller's", () => {
  it("is a conflict, and stays as it is", async () => {
    const theirs = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: moonshot, namespace: istio-system }
spec:
  host: api.moonshot.cn
  exportTo: ["."]
`;
    await mesh.submit(theirs);
    await mesh.submit(moonshotProvider);
    await untilStatus("llmprovider", "moonshot", "Conflict");
    const words = ["get", "destinationrule", "moonshot", "-n", "istio-system", "-o"];
    assert.equal(await mesh.kubectl(...words, "jsonpath={.spec.subsets}"), "");
    await mesh.delete(theirs);
    await untilStatus("llmprovider", "moonshot", "Ready");
  });
});

describe("a provider that becomes invalid", () => {
  const invalid = provider.replace(/^( *)model: .*$/m, (line, indent: string) =>
    [line, `${indent}parameters: {defaults: {max_tokens: 10}, limits: {max_tokens: 5}}`].join("\n"),
  );

  it("keeps its effect, also over a restart of the controller", async () => {
    await mesh.submit(invalid);
    await untilStatus("llmprovider", "dashscope-qwen", "Invalid");
    const text = await mesh.kubectl(
      "describe",
      "llmprovider",
      "dashscope-qwen",
      "-n",
      "istio-system",
    );
    assert.match(text, /above_limit: spec\.configs/);
    assert.equal(await controller.stop(), 0);
    controller = startController(mesh);
    // A change elsewhere is a pass of the new process.
    await mesh.submit(moonshotRoute);
    await untilStatus("llmroute", "moonshot-route", "Ready");
    const received = echoOf(await mesh.as("app").chat(url, {}, echo));
    assert.deepEqual(echoedHeader(received, "authorization"), [`Bearer ${gatewayKeys.API_KEY}`]);
    await mesh.submit(provider);
    await untilStatus("llmprovider", "dashscope-qwen", "Ready");
  });
});

describe("metrics", () => {
  it("tell passes, writes and resources, and who leads", async () => {
    const text = await (await controller.get("/metrics")).text();
    assert.match(text, /^llm_egress_controller_leader 1$/m);
    assert.match(text, /^llm_egress_controller_resources\{kind="LLMProvider",status="Ready"\} 2$/m);
    assert.match(text, /^llm_egress_controller_passes_total\{outcome="complete"\} [1-9]/m);
    assert.match(text, /^llm_egress_controller_watch_age_seconds\{resource="LLMRoute"\} /m);
    assert.equal((await controller.get("/healthz")).status, 200);
    assert.equal((await controller.get("/readyz")).status, 200);
  });
});

describe("kubectl delete", () => {
  it("undoes everything", async () => {
    await mesh.delete(moonshotRoute, moonshotProvider, route, provider);
    await untilPruned(mesh);
  });

  it("of the CRDs undoes nothing", async () => {
    await mesh.submit(provider, route);
    await untilStatus("llmroute", "dashscope-route", "Ready");
    const before = await listManaged(mesh);
    await mesh.kubectl("delete", "-f", "deploy/crds");
    await pollUntil("the controller to notice", async () => {
      return (await controller.get("/readyz")).status === 503;
    });
    assert.equal(await listManaged(mesh), before);
    await mesh.kubectl("apply", "-f", "deploy/crds");
    await pollUntil("the controller to be ready", async () => {
      return (await controller.get("/readyz")).status === 200;
    });
    assert.equal(await listManaged(mesh), before);
    await mesh.submit(provider, route);
    await untilStatus("llmroute", "dashscope-route", "Ready");
    await mesh.delete(route, provider);
    await untilPruned(mesh);
  });
});
