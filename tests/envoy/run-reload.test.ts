// `run` while its resources and its Secrets change.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Mock, startMock } from "../../src/mock/server.ts";
import { eventually } from "../support/gateway.ts";
import { endRun, postChat, startRun } from "../support/run-command.ts";

const keys = ["sk-first-key-0", "sk-second-key-1"];
const host = "a.example";
let mocks: Mock[];
let folder: string;

before(async () => {
  mocks = await Promise.all(keys.map((apiKey) => startMock({ apiKey })));
  folder = mkdtempSync(join(tmpdir(), "llm-egress-reload-"));
});
after(async () => {
  await Promise.all(mocks.map((mock) => mock.close()));
  rmSync(folder, { recursive: true });
});

function put(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
  return file;
}

const resources = (config: string): string => `
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMProvider
metadata: {name: a}
spec: {host: ${host}, tls: {mode: DISABLE}, configs: {defaultConfig: {openAIConfig: ${config}}}}
---
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMRoute
metadata: {name: a}
spec: {host: ${host}, rules: [{name: all, backendRefs: [{providerHost: ${host}}]}]}
`;

/** Sends requests until `stop`, and counts the answers by status. */
function load(port: number): { statuses: Map<number, number>; stop: () => Promise<void> } {
  const statuses = new Map<number, number>();
  let isRunning = true;
  const clients = Array.from({ length: 4 }, async () => {
    while (isRunning) {
      const { status } = await postChat(port, "/", host).catch(() => ({ status: 0 }));
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  });
  const stop = async (): Promise<void> => {
    isRunning = false;
    await Promise.all(clients);
  };
  return { statuses, stop };
}

async function modelOf(port: number): Promise<unknown> {
  const { body } = await postChat(port, "/", host);
  return (JSON.parse(body) as { model?: string }).model;
}

test("changed resources are in effect within a second, and no request is lost", async () => {
  const file = put("resources.yaml", resources(`{apiKey: "\${API_KEY}", model: m-0}`));
  const words = [file, "--upstream", `${host}=${mocks[0]!.url}`];
  const running = await startRun(words, { API_KEY: keys[0] });
  try {
    await running.said("llm-egress listens on");
    const { statuses, stop } = load(running.port);
    for (let round = 1; round <= 5; round++) {
      put("resources.yaml", resources(`{apiKey: "\${API_KEY}", model: m-${round}}`));
      const isApplied = async () => (await modelOf(running.port)) === `m-${round}`;
      await eventually(isApplied, `model m-${round}`);
    }
    await stop();
    assert.deepEqual([...statuses.keys()], [200], JSON.stringify([...statuses]));
    const said = () => running.stdout().match(/has reloaded: LLMProviders 1, LLMRoutes 1/g)?.length;
    await eventually(() => said() === 5, "five lines");

    put("resources.yaml", resources("{apiKey: 1}"));
    await running.said("the resources have an error; the previous configuration stays in effect");
    assert.equal(await modelOf(running.port), "m-5");
  } finally {
    await endRun(running);
  }
});

test("a key of --secrets is in use within a second after its file has changed", async () => {
  const file = put(
    "secret.yaml",
    resources("{model: m, apiKeySecretRef: {name: a, key: api-key}}"),
  );
  mkdirSync(join(folder, "secrets", "a"), { recursive: true });
  put("secrets/a/api-key", `${keys[0]}\n`);
  const words = ["--secrets", join(folder, "secrets"), "--upstream", `${host}=${mocks[0]!.url}`];
  const running = await startRun([file, ...words], {});
  try {
    await running.said("llm-egress listens on");
    assert.equal((await postChat(running.port, "/", host)).status, 200);
    put("secrets/a/api-key", keys[1]!);
    await eventually(async () => (await postChat(running.port, "/", host)).status === 401, "401");
    put("secrets/a/api-key", keys[0]!);
    await eventually(async () => (await postChat(running.port, "/", host)).status === 200, "200");
    rmSync(join(folder, "secrets/a/api-key"));
    await running.said("api-key has no key");
    await eventually(async () => (await postChat(running.port, "/", host)).status === 503, "503");
    for (const key of keys) assert.ok(!`${running.stdout()}${running.stderr()}`.includes(key));
  } finally {
    await endRun(running);
  }
});

test("a change that Envoy refuses has no effect, also on keys, and the next one has", async () => {
  const ref = (name: string, model: string): string =>
    resources(`{model: ${model}, apiKeySecretRef: {name: ${name}, key: api-key}}`);
  const other = `
---
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMProvider
metadata: {name: b}
spec: {host: b.example, tls: {mode: SIMPLE, caCertificates: /none.pem}, configs: {defaultConfig: {}}}
`;
  for (const name of ["c", "d"]) mkdirSync(join(folder, "secrets", name), { recursive: true });
  put("secrets/c/api-key", keys[0]!);
  put("secrets/d/api-key", keys[1]!);
  const file = put("change.yaml", ref("c", "m-0"));
  const words = ["--secrets", join(folder, "secrets"), "--upstream", `${host}=${mocks[0]!.url}`];
  const running = await startRun([file, ...words], {});
  let stop = () => Promise.resolve();
  try {
    await running.said("llm-egress listens on");
    const requests = load(running.port);
    stop = requests.stop;
    for (const round of [1, 2]) {
      put("change.yaml", ref("d", `m-${round}`) + other);
      const refused = "Envoy has refused a change; the previous configuration stays in effect";
      const count = () => running.stderr().split(refused).length - 1;
      await eventually(() => count() === round, `refusal ${round}`);
      assert.equal(await modelOf(running.port), "m-0");
    }
    put("change.yaml", ref("c", "m-3"));
    await running.said("has reloaded: LLMProviders 1");
    await eventually(async () => (await modelOf(running.port)) === "m-3", "model m-3");
    await stop();
    assert.deepEqual([...requests.statuses.keys()], [200]);
  } finally {
    await stop();
    await endRun(running);
  }
});

test("a configuration that Envoy refuses ends the run, and the log says why", async () => {
  const file = put("refused.yaml", resources("{model: m}"));
  const module = put("module.wasm", "no module");
  const running = await startRun([file, "--wasm", module], {});
  try {
    assert.equal(await running.ended(), 1);
    assert.match(running.stderr(), /Envoy refused the configuration: see its log above/);
    assert.ok(!running.stdout().includes("listens on"));
  } finally {
    await endRun(running);
  }
});
