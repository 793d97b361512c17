// Keys in Secrets: the gateway gets them from the controller while requests go on. The controller's
// mesh certificate is renewed every ten seconds meanwhile.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { askForKeys } from "../support/key-caller.ts";
import { MeshCa } from "../support/mesh-ca.ts";
import {
  type ControllerProcess,
  prepareController,
  startController,
} from "./controller-process.ts";
import {
  type LimitingProvider,
  limitingResources,
  startLimitingProvider,
  usePool,
} from "./limiting-provider.ts";
import { startLoad } from "./load.ts";
import {
  restartFilter,
  rotateUnderLoad,
  emptySecret,
  secretProvider,
  untilReady,
} from "./key-rounds.ts";
import { connectMesh } from "./mesh.ts";
import { dashscopeRoute, gatewayRule, moonshotRoute } from "./resources.ts";
import {
  controllerAddresses,
  gateway,
  istiodUrl,
  keyAddresses,
  keysPort,
  proxies,
} from "./rig/names.ts";
import { type Judged, keyIn, RotatedSecret } from "./rotated-secret.ts";
import { pollUntil } from "./settle.ts";

const mesh = connectMesh();
const secret = new RotatedSecret("llm-keys", "dashscope");
const url = "http://dashscope.aliyuncs.com/v1/chat/completions";
const echo = { "x-mock-echo": "1" };
const moonshot = `
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMProvider
metadata: { name: moonshot, namespace: istio-system }
spec:
  workloadSelector: { labels: { istio: egressgateway } }
  host: api.moonshot.cn
  configs:
    defaultConfig:
      openAIConfig: { apiKeySecretRef: { name: llm-keys, key: moonshot } }
`;
const words = ["--mesh-certificate-seconds", "20"];

let replicas: ControllerProcess[];

before(async () => {
  await prepareController(mesh);
  replicas = [0, 1].map(start);
  await mesh.apply(gatewayRule);
});
after(async () => {
  await mesh.clear();
  await Promise.all(replicas.map((each) => each.stop()));
});

function start(number: number): ControllerProcess {
  const address = controllerAddresses[number] ?? controllerAddresses[0];
  return startController(mesh, { identity: `replica-${number}`, address, words });
}

const log = () => Promise.resolve(replicas.map((each) => each.log()).join("\n"));
const statusOf = (kind: string, name: string, namespace: string, path: string) =>
  mesh.kubectl("get", kind, name, "-n", namespace, "-o", `jsonpath={.status.${path}}`);

async function untilStatus(name: string, status: string): Promise<void> {
  const [kind, namespace] = name.endsWith("-route")
    ? ["llmroute", "default"]
    : ["llmprovider", "istio-system"];
  const is = async () => (await statusOf(kind, name, namespace, "status")) === status;
  await pollUntil(`${name} to be ${status}`, is, log);
}

const loadOn = () => startLoad(mesh.as("app"), { url, headers: echo, parallel: 3 });

function assertNothingLost({ requests, lost }: Judged): void {
  assert.deepEqual(lost, []);
  assert.ok(requests > 50);
}

describe("a provider whose Secret is missing", () => {
  it("says so, and refuses requests", async () => {
    await mesh.submit(secretProvider, dashscopeRoute);
    await untilStatus("dashscope-qwen", "SecretNotFound");
    await untilStatus("dashscope-route", "Ready");
    const conditions = await statusOf(
      "llmprovider",
      "dashscope-qwen",
      "istio-system",
      "conditions",
    );
    assert.match(conditions, /Secret istio-system\/llm-keys is missing/);
    await pollUntil("the refusal", async () => (await mesh.as("app").chat(url)).status === 503);
  });

  it("gets the key as soon as there is one", async () => {
    await mesh.submit(emptySecret);
    const path = "conditions";
    await pollUntil("the entry to be missing", async () => {
      const text = await statusOf("llmprovider", "dashscope-qwen", "istio-system", path);
      return text.includes("has no key dashscope");
    });
    const key = secret.newKey();
    await secret.patch({ dashscope: key });
    const begun = performance.now();
    await pollUntil("an answer", async () => (await mesh.as("app").chat(url)).status === 200);
    assert.ok(performance.now() - begun < 1_000);
    assert.equal(keyIn(await mesh.as("app").chat(url, {}, echo)), key);
    await untilStatus("dashscope-qwen", "Ready");
  });
});

describe("a new key", () => {
  it("is used within a tenth of a second, and no request is lost", async () => {
    const load = loadOn();
    const judged = await rotateUnderLoad(secret, load, 40, () => sleep(100));
    assertNothingLost(judged);
    const { firstUses, lastUses } = judged;
    const [median = 0, most = 0] = [firstUses[20], lastUses.at(-1)];
    console.log(`a new key is in use after ${Math.round(median)} ms, at most ${Math.round(most)}`);
    assert.ok(median < 200, `median ${median}`);
    assert.ok(most < 1_000, `maximum ${most}`);
  });

  it("is used while replicas are killed and start again, and no request is lost", async () => {
    const load = loadOn();
    try {
      for (const number of [0, 1]) {
        await secret.rotate(load);
        await replicas[number]?.stop("SIGKILL");
        assert.ok((await secret.rotate(load)) < 3_000);
        replicas[number] = start(number);
        await untilReady(replicas);
        await sleep(500);
        await secret.rotate(load);
      }
    } finally {
      await load.stop();
    }
    assertNothingLost(secret.judge(load));
  });
});

describe("two keys with limits, and a revoked one,", () => {
  const keys = { first: "sk-pool-1-52c0d7", second: "sk-pool-2-9e41ab", third: "sk-pool-3-07f6c8" };
  let limiting: LimitingProvider;

  before(async () => {
    limiting = await startLimitingProvider(mesh.folder, [keys.first, keys.second], 20);
    await secret.patch(keys);
    await mesh.submit(limitingResources);
    await untilStatus("limiting-route", "Ready");
    await sleep(500);
  });
  after(async () => {
    limiting.close();
    await mesh.delete(limitingResources);
  });

  it("serve every request that fits, but for one that finds the revoked key", async () => {
    const { counts, needless } = await usePool(mesh.as("app"), limiting, {
      ...{ perSecond: 30, seconds: 4 },
    });
    console.log(`a pool that suffices: ${JSON.stringify([...counts])}, ${needless} needless`);
    assert.deepEqual([...counts.keys()].sort(), [200, 401]);
    assert.ok(counts.get(401)! <= 2);
  });

  it("are used to their limits, and the rest gets 429 with Retry-After", async () => {
    const { counts, needless } = await usePool(mesh.as("app"), limiting, {
      ...{ perSecond: 80, seconds: 4 },
    });
    console.log(`a pool that does not: ${JSON.stringify([...counts])}, ${needless} needless`);
    assert.deepEqual([...counts.keys()].sort(), [200, 429]);
    assert.ok(counts.get(200)! >= 80);
  });
});

describe("a caller that is not a gateway of a provider", () => {
  it("gets no keys, is logged and counted", async () => {
    const [cert, key] = ["ca-cert.pem", "ca-key.pem"].map((name) =>
      join(mesh.folder, "certificates", name),
    );
    const ca = new MeshCa({ cert: cert ?? "", key: key ?? "" });
    const [address] = keyAddresses;
    const ask = (name: string) =>
      askForKeys({ address, port: keysPort, certificate: ca.issue(`URI:spiffe://${name}`) });
    try {
      const own = "cluster.local/ns/istio-system/sa/istio-egressgateway-service-account";
      assert.equal((await ask(own)).status, 200);
      for (const name of [
        "cluster.local/ns/default/sa/app",
        "cluster.local/ns/istio-system/sa/default",
        "evil.local/ns/istio-system/sa/istio-egressgateway-service-account",
      ]) {
        assert.deepEqual(await ask(name), { status: 403, version: "", keys: {} });
      }
    } finally {
      ca.close();
    }
    const metrics = await (await replicas[0]?.get("/metrics"))?.text();
    assert.match(metrics ?? "", /key_refusals_total\{reason="pod"\} 2/);
    assert.match(metrics ?? "", /key_refusals_total\{reason="identity"\} 1/);
    assert.match(await log(), /a caller gets no keys.*"serviceAccount":"app"/);
  });
});

describe("under load", () => {
  it("no request of a new or removed provider is unfiltered", async () => {
    const key = secret.newKey();
    await secret.patch({ moonshot: key });
    const load = startLoad(mesh.as("app"), {
      url: "http://api.moonshot.cn/v1/chat/completions",
      headers: echo,
      parallel: 4,
    });
    const times: number[] = [];
    try {
      for (let round = 0; round < 8; round += 1) {
        const begun = performance.now();
        await mesh.submit(moonshot, moonshotRoute);
        await untilStatus("moonshot-route", "Ready");
        times.push(performance.now() - begun);
        await mesh.delete(moonshotRoute, moonshot);
        await pollUntil("all to be deleted", async () => {
          const kinds = "wasmplugins,serviceentries,virtualservices";
          return !(await mesh.kubectl("get", kinds, "-A", "-o", "yaml")).includes(
            "api.moonshot.cn",
          );
        });
      }
    } finally {
      await load.stop();
    }
    times.sort((a, b) => a - b);
    console.log(`a new provider's route is written after ${Math.round(times[4] ?? 0)} ms`);
    const echoes = load.answers.filter(({ answer }) => answer.status === 200);
    assert.ok(echoes.length > 0);
    for (const { answer } of echoes) assert.equal(keyIn(answer), key);
  });
});

describe("while the controller is away", () => {
  it("keys that a gateway has stay in use", async () => {
    await Promise.all(replicas.map((each) => each.stop()));
    assert.equal((await mesh.as("app").chat(url)).status, 200);
  });

  it("a filter that starts refuses requests after two seconds, and recovers by itself", async () => {
    await restartFilter(mesh);
    const refused = await mesh.as("app").chat(url);
    assert.equal(refused.status, 503);
    assert.match(refused.body.toString(), /key_unavailable/);
    assert.ok(refused.totalMs > 1_500 && refused.totalMs < 3_500, `${refused.totalMs} ms`);
    replicas = [0, 1].map(start);
    await untilReady(replicas);
    const begun = performance.now();
    await pollUntil("an answer", async () => (await mesh.as("app").chat(url)).status === 200);
    console.log(`recovers ${Math.round(performance.now() - begun)} ms after the controller`);
  });
});

const adminPages = ["config_dump?include_eds", "clusters", "stats", "server_info", "listeners"];

const assertSecret = (what: string, text: string) => assert.ok(!secret.hasKey(text), what);

describe("a key in a Secret", () => {
  before(async () => {
    await fetch(`http://127.0.0.1:${gateway.adminPort}/logging?wasm=trace`, { method: "POST" });
    const load = loadOn();
    await secret.rotate(load);
    await load.stop();
  });

  it("is in no page of a proxy or istiod", async () => {
    for (const { adminPort } of proxies) {
      for (const page of adminPages) {
        const response = await fetch(`http://127.0.0.1:${adminPort}/${page}`);
        assertSecret(page, await response.text());
      }
    }
    for (const page of [
      "configz",
      "cachez",
      "pushcontext",
      "config_dump?proxyID=egw-0.istio-system",
    ]) {
      assertSecret(page, await (await fetch(`${istiodUrl}/debug/${page}`)).text());
    }
  });
});

describe("a key in a Secret, also while it rotates,", () => {
  it("is in no other resource", async () => {
    const kinds = await mesh.kubectl("api-resources", "--verbs=list", "--cached", "-o", "name");
    const names = kinds
      .trim()
      .split("\n")
      .filter((name) => name !== "secrets");
    const resources = await mesh.kubectl("get", names.join(","), "-A", "-o", "yaml");
    assert.match(resources, /llm-keys\/dashscope/);
    assertSecret("resources", resources);
    const secrets = await mesh.kubectl("get", "secrets", "-A", "-o", "name");
    assert.match(secrets, /llm-keys/);
  });

  it("is in no log and no other file, also while it rotates", () => {
    const entries = readdirSync(mesh.folder, { recursive: true, withFileTypes: true });
    for (const { parentPath, name } of entries.filter((entry) => entry.isFile())) {
      const path = join(parentPath, name);
      // The Secret itself is there.
      if (path.startsWith(join(mesh.folder, "etcd"))) continue;
      assertSecret(path, readFileSync(path, "latin1"));
    }
  });
});
