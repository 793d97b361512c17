// Measures on the mesh, under load, how keys in Secrets reach the gateways.
//
//   npm run bench:keys [-- SCENARIO [COUNT]]
//
// rotations  A Secret is patched COUNT times (100), while the controller renews its mesh certificate
//            every 20 s: with 1 and with 4 workers, and with two pods of the gateway.
// kills      Replicas of the controller are killed in turn, COUNT times (10), between two patches.
// upgrades   The gateway gets COUNT new modules (10), and so new VMs, between two patches.
// away       A gateway starts while no controller runs, COUNT times (5).
// pool       Two keys with limits and a revoked one: below what they may do, and above it.
// secrets    What COUNT Secrets (1000) cost: a start of the controller and of a gateway, and a patch.
//
// All of them by default. Ends with 1 if a request is lost, or a time is exceeded.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { anotherModule } from "../tests/mesh/another-module.ts";
import {
  type ControllerProcess,
  prepareController,
  type Replica,
  startController,
  untilStatus,
} from "../tests/mesh/controller-process.ts";
import { restartGateway, startSecondGateway, stopSecondGateway } from "../tests/mesh/gateways.ts";
import {
  emptySecret,
  rotateUnderLoad,
  secretProvider,
  untilAnswered,
  untilReady,
} from "../tests/mesh/key-rounds.ts";
import {
  limitingResources,
  startLimitingProvider,
  usePool,
} from "../tests/mesh/limiting-provider.ts";
import { type Load, startLoad } from "../tests/mesh/load.ts";
import { connectMesh, type Mesh } from "../tests/mesh/mesh.ts";
import { dashscopeRoute, gatewayRule } from "../tests/mesh/resources.ts";
import { createObject } from "../tests/mesh/rig/kube-client.ts";
import {
  controllerAddresses,
  gateway,
  keyAddresses,
  keysPort,
  secondGateway,
} from "../tests/mesh/rig/names.ts";
import { runOnMesh } from "../tests/mesh/rig/run-on-mesh.ts";
import { type Judged, RotatedSecret } from "../tests/mesh/rotated-secret.ts";
import { askForKeys } from "../tests/support/key-caller.ts";
import { MeshCa } from "../tests/support/mesh-ca.ts";
import { median } from "./median.ts";

const url = "http://dashscope.aliyuncs.com/v1/chat/completions";
const secret = new RotatedSecret("llm-keys", "dashscope");
// Renewed after half of it, and up to a tenth more.
const words = ["--mesh-certificate-seconds", "36"];
/** Of one provider. */
const mostKeys = 16;
const mostMs = { median: 100, first: 1_000, killed: 3_000, recovery: 1_000 };

const scenarios: Record<string, (mesh: Mesh, count?: number) => Promise<void>> = {
  ...{ rotations: measureRotations, kills: measureKills, upgrades: measureUpgrades },
  ...{ away: measureAway, pool: measurePool, secrets: measureSecrets },
};

let replicas: ControllerProcess[] = [];
let started = 0;
let isFaultless = true;

await runOnMesh(
  async () => {
    const mesh = connectMesh();
    const [name, count] = process.argv.slice(2);
    await prepareController(mesh);
    await startReplicas(mesh);
    await mesh.apply(gatewayRule);
    await mesh.submit(emptySecret, secretProvider, dashscopeRoute);
    await secret.patch({ dashscope: secret.newKey() });
    await untilStatus(mesh, "llmprovider", "dashscope-qwen", "Ready");
    const chosen = Object.entries(scenarios).filter(
      ([each]) => name === undefined || name === each,
    );
    for (const [, measure] of chosen) {
      await untilAnswered(mesh, url);
      await measure(mesh, count === undefined ? undefined : Number(count));
    }
    await stopReplicas();
    return isFaultless && chosen.length > 0 ? 0 : 1;
  },
  () => 1,
);

function start(mesh: Mesh, index: number, more: Replica = {}): ControllerProcess {
  const address = controllerAddresses[index] ?? controllerAddresses[0];
  const all = [...words, ...(more.words ?? [])];
  started += 1;
  return startController(mesh, { ...more, identity: `replica-${started}`, address, words: all });
}

async function startReplicas(mesh: Mesh, more: Replica = {}): Promise<void> {
  replicas = [0, 1].map((index) => start(mesh, index, more));
  await untilReady(replicas);
}

async function stopReplicas(): Promise<void> {
  await Promise.all(replicas.map((each) => each.stop()));
}

function loadOn(mesh: Mesh): Load {
  return startLoad(mesh.as("app"), { url, headers: { "x-mock-echo": "1" }, parallel: 6 });
}

function report(what: string, { requests, lost, firstUses, lastUses }: Judged, most: number): void {
  const [first, last] = [firstUses, lastUses].map(
    (times) => `median ${median(times).toFixed(0)} ms, maximum ${Math.max(...times).toFixed(0)} ms`,
  );
  console.log(`${what}, ${requests} requests: ${lost.length} lost`);
  console.log(`  the new key is used after: ${first}`);
  console.log(`  the former key is not used after: ${last}`);
  for (const line of new Set(lost)) console.log(`  LOST: ${line}`);
  const isLate = most < Math.max(...firstUses, ...lastUses);
  isFaultless &&= lost.length === 0 && !isLate;
}

async function measureRotations(mesh: Mesh, count = 100): Promise<void> {
  const measure = async (what: string): Promise<void> => {
    const renewals = countRenewals();
    const judged = await rotateUnderLoad(secret, loadOn(mesh), count, () => sleep(400));
    const renewed = countRenewals() - renewals;
    report(`${count} rotations, ${what}, ${renewed} new certificates`, judged, mostMs.first);
    isFaultless &&= median(judged.firstUses) <= mostMs.median;
  };
  await measure("1 worker");
  await restartGateway(mesh, 4);
  await untilAnswered(mesh, url);
  await measure("4 workers");
  await startSecondGateway(mesh, 4);
  await sleep(2_000);
  const before = await countByPod(mesh);
  await measure("2 pods with 4 workers each");
  const after = await countByPod(mesh);
  console.log(`  requests by pod: ${after.map((each, pod) => each - before[pod]!).join(", ")}`);
  await stopSecondGateway(mesh);
}

function countRenewals(): number {
  const lines = replicas.map((each) => each.log().match(/there is a mesh certificate/g) ?? []);
  return lines.flat().length;
}

/** How many requests the filter of each pod has counted. */
function countByPod(mesh: Mesh): Promise<number[]> {
  const counted = /^\S*llm_egress_requests\{.*\} (\d+)$/gm;
  return Promise.all(
    [gateway, secondGateway].map(async (pod) => {
      const lines = (await mesh.admin(pod).prometheus()).matchAll(counted);
      return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
    }),
  );
}

async function measureKills(mesh: Mesh, count = 10): Promise<void> {
  const judged = await rotateUnderLoad(secret, loadOn(mesh), 2 * count, async (round) => {
    if (round % 2 === 0) return replicas[(round / 2) % 2]?.stop("SIGKILL");
    const killed = ((round - 1) / 2) % 2;
    replicas[killed] = start(mesh, killed);
    await untilReady(replicas);
    await sleep(500);
  });
  report(`${count} kills of a replica`, judged, mostMs.killed);
}

async function measureUpgrades(mesh: Mesh, count = 10): Promise<void> {
  const judged = await rotateUnderLoad(secret, loadOn(mesh), count, async (round) => {
    const { wasm, sha256 } = anotherModule(mesh.folder, round);
    for (const index of [0, 1]) {
      const former = replicas[index]!;
      await former.stop();
      replicas[index] = start(mesh, index, { wasm });
      await untilReady(replicas);
    }
    await mesh.waitForGateway("the new module", (dump) => dump.includes(sha256));
    await sleep(500);
  });
  report(`${count} new VMs`, judged, mostMs.first);
}

async function measureAway(mesh: Mesh, count = 5): Promise<void> {
  // The gateway can't start without the module, which the controller hands out by default.
  const more = { words: ["--wasm-url", readFileSync(join(mesh.folder, "wasm-url"), "utf8")] };
  await stopReplicas();
  await startReplicas(mesh, more);
  const plugin = [
    "get",
    "wasmplugins",
    "-n",
    "istio-system",
    "-o",
    "jsonpath={.items[*].spec.url}",
  ];
  while (!(await mesh.kubectl(...plugin)).startsWith("oci:")) await sleep(50);
  await sleep(1_000);
  const recoveries: number[] = [];
  for (let round = 0; round < count; round += 1) {
    await stopReplicas();
    await restartGateway(mesh, 4);
    const { status, totalMs } = await mesh.as("app").chat(url);
    console.log(`  without the controller: ${status} after ${totalMs.toFixed(0)} ms`);
    isFaultless &&= status === 503 && totalMs < 2_500;
    await startReplicas(mesh, more);
    recoveries.push(await untilAnswered(mesh, url));
  }
  const most = Math.max(...recoveries);
  const times = `${median(recoveries).toFixed(0)} ms, at most ${most.toFixed(0)} ms`;
  console.log(`${count} starts of a gateway: it recovers ${times} after the controller is ready`);
  isFaultless &&= most <= mostMs.recovery;
}

async function measurePool(mesh: Mesh, seconds = 10): Promise<void> {
  const keys = { first: "sk-pool-1-52c0d7", second: "sk-pool-2-9e41ab", third: "sk-pool-3-07f6c8" };
  const limit = 20;
  const provider = await startLimitingProvider(mesh.folder, [keys.first, keys.second], limit);
  await secret.patch(keys);
  await mesh.submit(limitingResources);
  await untilStatus(mesh, "llmroute", "limiting-route", "Ready");
  await sleep(1_000);
  for (const perSecond of [30, 80]) {
    const { counts, needless } = await usePool(mesh.as("app"), provider, { perSecond, seconds });
    const seen = [...counts].map(([status, count]) => `${count} × ${status}`).join(", ");
    console.log(
      `${perSecond} requests a second for ${seconds} s, keys for ${2 * limit}: ${seen}; ${needless} failed while a key had requests left`,
    );
  }
  provider.close();
  await mesh.delete(limitingResources);
}

async function measureSecrets(mesh: Mesh, count = 1000): Promise<void> {
  const before = await memoryOf(mesh);
  await createSecrets(count);
  await allowSecrets(mesh);
  while ((await askOnce(mesh)).keys < count + 1) await sleep(500);
  const { bytes, ms } = await askOnce(mesh);
  console.log(`${count} Secrets: a response of ${bytes} bytes after ${ms.toFixed(0)} ms`);
  await stopReplicas();
  const begun = performance.now();
  await startReplicas(mesh);
  console.log(`  replicas are ready after ${(performance.now() - begun).toFixed(0)} ms`);
  await restartGateway(mesh, 4);
  console.log(`  a new gateway answers after ${(await untilAnswered(mesh, url)).toFixed(0)} ms`);
  report(
    "  10 rotations",
    await rotateUnderLoad(secret, loadOn(mesh), 10, () => sleep(1_000)),
    1_000,
  );
  console.log(`  memory before: ${before}; after: ${await memoryOf(mesh)}`);
}

/** Creates so many Secrets, and the providers that name them, 16 each. */
async function createSecrets(count: number): Promise<void> {
  const key = (index: number): string => `sk-${String(index).padStart(60, "0")}`;
  const names = Array.from({ length: count }, (_, index) => `secret-${index}`);
  const work = async (): Promise<void> => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      const index = names.length;
      const object = { metadata: { name }, stringData: { key: key(index) } };
      await createObject("/api/v1/namespaces/istio-system/secrets", object);
      if (index % mostKeys === 0) await createProvider(index, count);
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

async function createProvider(first: number, count: number): Promise<void> {
  const length = Math.min(mostKeys, count - first);
  const apiKeys = Array.from({ length }, (_, index) => ({
    secretRef: { name: `secret-${first + index}`, key: "key" },
  }));
  await createObject("/apis/istio.alibabacloud.com/v1beta1/namespaces/istio-system/llmproviders", {
    ...{ apiVersion: "istio.alibabacloud.com/v1beta1", kind: "LLMProvider" },
    metadata: { name: `provider-${first}` },
    spec: {
      host: `provider-${first}.example`,
      workloadSelector: { labels: { istio: "egressgateway" } },
      configs: { defaultConfig: { openAIConfig: { apiKeys } } },
    },
  });
}

/** The chart names each Secret. Here, the controller may read all. */
async function allowSecrets(mesh: Mesh): Promise<void> {
  const role = ["create", "role", "all-secrets", "--verb=get,list,watch", "--resource=secrets"];
  await mesh.kubectl(...role, "-n", "istio-system");
  const account = "--serviceaccount=llm-egress-system:llm-egress";
  const binding = ["create", "rolebinding", "all-secrets", "--role=all-secrets", account];
  await mesh.kubectl(...binding, "-n", "istio-system");
}

/** Polls as the gateway. */
async function askOnce(mesh: Mesh): Promise<{ keys: number; bytes: number; ms: number }> {
  const [cert = "", key = ""] = ["ca-cert.pem", "ca-key.pem"].map((name) =>
    join(mesh.folder, "certificates", name),
  );
  const ca = new MeshCa({ cert, key });
  const san = `URI:spiffe://cluster.local/ns/istio-system/sa/${gateway.serviceAccount}`;
  const certificate = ca.issue(san);
  ca.close();
  const begun = performance.now();
  const address = keyAddresses[0];
  const { version, keys } = await askForKeys({ address, port: keysPort, certificate });
  const bytes = JSON.stringify({ version, keys }).length;
  return { keys: Object.keys(keys).length, bytes, ms: performance.now() - begun };
}

async function memoryOf(mesh: Mesh): Promise<string> {
  const resident = replicas.map(({ pid }) => {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return `${(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024).toFixed(0)} MiB`;
  });
  const allocated = (await mesh.admin().stat("server.memory_allocated")) / 2 ** 20;
  return `replicas ${resident.join(" and ")}, gateway ${allocated.toFixed(0)} MiB`;
}
