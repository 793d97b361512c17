// Changes resources under load. Each change takes effect within a second, no request is lost, and a
// faulty resource affects nothing else.
import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { parseAllDocuments } from "yaml";
import { type Load, startLoad } from "./load.ts";
import { connectMesh } from "./mesh.ts";
import {
  dashscopeProvider,
  dashscopeRoute,
  gatewayRule,
  moonshotProvider,
  moonshotRoute,
} from "./resources.ts";
import { applyObject } from "./rig/kube-client.ts";
import { countRefusals, pollUntil } from "./settle.ts";

const mesh = connectMesh();
const url = "http://dashscope.aliyuncs.com/v1/chat/completions";
const moonshotUrl = "http://api.moonshot.cn/v1/chat/completions";
const networking = "/apis/networking.istio.io/v1beta1/namespaces/default/virtualservices";
const extensions = "/apis/extensions.istio.io/v1alpha1/namespaces/istio-system/wasmplugins";
const routePath = `${networking}/dashscope-route`;
const pluginPath = `${extensions}/llm-egress-istio-egressgateway`;
const maxEffectMs = 1_000;
const someAnswers = 100;

let load: Load;

before(() => applyGood(gatewayRule));
after(() => mesh.clear());
beforeEach(async () => {
  load = startLoad(mesh.as("app"), { url, parallel: 3 });
  await untilMoreAnswers();
});
afterEach(async () => {
  await load.stop();
  await applyGood();
});

describe("takes effect within a second, and loses no request:", () => {
  it("another model", async () => {
    for (const model of ["qwen-turbo", "qwen-plus", "qwen-max"]) {
      const provider = dashscopeProvider.replace("qwen-1.8b-chat", model);
      await changeTo(model, pluginPath, await renderOne("WasmPlugin", { provider }));
    }
    await assertNothingLost();
  });

  it("another provider for a route", async () => {
    const route = dashscopeRoute.replace(/dashscope.aliyuncs.com\n$/, "api.moonshot.cn\n");
    await changeTo("moonshot-v1-8k", routePath, await renderOne("VirtualService", { route }));
    await assertNothingLost();
  });
});

describe("affects nothing else:", () => {
  it("a provider whose key is missing at the gateway", async () => {
    const broken = moonshotProvider.replace("MOONSHOT_KEY", "FORGOTTEN_KEY");
    await mesh.apply(await mesh.render(dashscopeProvider, broken, dashscopeRoute, moonshotRoute));
    const answer = await mesh.as("app").chat(moonshotUrl);
    assert.equal(answer.status, 503);
    assert.match(answer.body.toString(), /"code":"provider_misconfigured"/);
    await assertNothingLost();
  });

  it("a configuration that the filter refuses", async () => {
    const plugin = await renderOne("WasmPlugin", {});
    const spec = { ...(plugin["spec"] as object), pluginConfig: { version: 99 } };
    const refusals = await countRefusals();
    await applyObject(pluginPath, { ...plugin, spec });
    await pollUntil("a refusal", async () => (await countRefusals()) > refusals);
    assert.equal((await mesh.as("app").chat(moonshotUrl)).status, 200);
    await assertNothingLost();
  });

  it("a resource that istiod's webhook refuses", async () => {
    const route = await renderOne("VirtualService", {});
    const spec = { ...(route["spec"] as object), http: [{ name: "nowhere" }] };
    await assert.rejects(applyObject(routePath, { ...route, spec }), /admission webhook/);
    await assertNothingLost();
  });
});

async function applyGood(...more: string[]): Promise<void> {
  await mesh.apply(...more, await mesh.render(...resources({})));
}

interface Changed {
  provider?: string;
  route?: string;
}

function resources({ provider = dashscopeProvider, route = dashscopeRoute }: Changed): string[] {
  return [provider, moonshotProvider, route, moonshotRoute];
}

async function renderOne(kind: string, changed: Changed): Promise<Record<string, unknown>> {
  const documents = parseAllDocuments(await mesh.render(...resources(changed)));
  const objects = documents.map((document) => document.toJS() as Record<string, unknown>);
  const found = objects.find((object) => object["kind"] === kind);
  assert.ok(found, kind);
  return found;
}

async function changeTo(model: string, path: string, body: Record<string, unknown>): Promise<void> {
  const begun = performance.now();
  await applyObject(path, body);
  const isNew = () => Promise.resolve(load.answers.at(-1)?.answer.body.includes(model) ?? false);
  await pollUntil(model, isNew);
  const effectMs = Math.round(performance.now() - begun);
  console.log(`${model} after ${effectMs} ms`);
  assert.ok(effectMs <= maxEffectMs, `${model} after ${effectMs} ms`);
}

async function untilMoreAnswers(): Promise<void> {
  const wanted = load.answers.length + someAnswers;
  await pollUntil("answers", () => Promise.resolve(load.answers.length >= wanted));
}

async function assertNothingLost(): Promise<void> {
  await untilMoreAnswers();
  assert.deepEqual(load.failures, []);
  const others = load.answers.filter(({ answer }) => answer.status !== 200);
  assert.deepEqual(
    others.map(({ answer }) => answer.body.toString()),
    [],
  );
}
