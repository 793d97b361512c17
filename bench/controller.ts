// Measures the controller on the mesh: how soon an edit of an LLMProvider is in effect, how long a
// start takes, what a pass without a change costs, and the memory.
//
//   npm run bench:controller [-- COUNT…]
//   npm run bench:controller -- rounds [COUNT]
//
// A count is that of the LLMProviders, each with an LLMRoute; 10, 100 and 1,000 by default. Rounds
// (50) create, change and delete a provider and its route under load, with 1 and with 4 workers.
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type ControllerProcess,
  prepareController,
  startController,
  untilStatus,
} from "../tests/mesh/controller-process.ts";
import { connectMesh, type Mesh } from "../tests/mesh/mesh.ts";
import { dashscopeProvider, dashscopeRoute, gatewayRule } from "../tests/mesh/resources.ts";
import { restartGateway } from "../tests/mesh/gateways.ts";
import { callKube } from "../tests/mesh/rig/kube-client.ts";
import { runOnMesh } from "../tests/mesh/rig/run-on-mesh.ts";
import { runRounds } from "../tests/mesh/rounds.ts";
import { median } from "./median.ts";

const group = "/apis/istio.alibabacloud.com/v1beta1/namespaces/istio-system";
const apiVersion = "istio.alibabacloud.com/v1beta1";
const edits = 10;
const url = "http://dashscope.aliyuncs.com/v1/chat/completions";
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

// The first is that of the five steps, whose host resolves.
let created = 1;

await runOnMesh(
  async () => {
    const mesh = connectMesh();
    const [what, ...rest] = process.argv.slice(2);
    await prepareController(mesh);
    await mesh.apply(gatewayRule);
    await mesh.submit(dashscopeProvider, dashscopeRoute);
    if (what === "rounds") return measureRounds(mesh, Number(rest[0] ?? 50));
    const counts = process.argv.slice(2).map(Number);
    for (const count of counts.length > 0 ? counts : [10, 100, 1000]) await measure(mesh, count);
    return 0;
  },
  () => 1,
);

async function measure(mesh: Mesh, count: number): Promise<void> {
  await create(count);
  console.log(`${count} LLMProviders, ${count} LLMRoutes`);
  let controller = startController(mesh);
  console.log(`  start, with what is new to write: ${await untilReady(controller, count)}`);
  await controller.stop();
  controller = startController(mesh);
  console.log(`  start, with nothing to write: ${await untilReady(controller, count)}`);
  await measureIdlePass(controller);
  await measureEdits(mesh, count);
  const status = readFileSync(`/proc/${controller.pid}/status`, "utf8");
  const peak = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
  const memory = await metric(controller, "process_resident_memory_bytes");
  console.log(`  memory: ${(memory / 2 ** 20).toFixed(0)} MiB, ${peak.toFixed(0)} MiB at most`);
  await controller.stop();
}

async function measureRounds(mesh: Mesh, rounds: number): Promise<number> {
  const controller = startController(mesh);
  await untilStatus(mesh, "llmroute", "dashscope-route", "Ready");
  while ((await mesh.as("app").chat(url)).status !== 200) await sleep(20);
  let isFaultless = true;
  for (const workers of [1, 4]) {
    if (workers > 1) await restartGateway(mesh, workers);
    while ((await mesh.as("app").chat(url)).status !== 200) await sleep(20);
    const { requests, unfiltered, lost, clearText } = await runRounds(mesh, rounds);
    console.log(
      `${rounds} rounds, ${workers} workers, ${requests} requests: ${unfiltered} unfiltered, ${lost.length} lost, in clear text to ${clearText.join(", ")}`,
    );
    isFaultless &&= unfiltered + lost.length === 0 && clearText.length === 1;
  }
  await controller.stop();
  return isFaultless ? 0 : 1;
}

/** Creates providers and routes until there are so many, in parallel. */
async function create(count: number): Promise<void> {
  const work = async (): Promise<void> => {
    while (created < count) {
      const name = `p${created++}`;
      const host = `${name}.example`;
      const configs = {
        defaultConfig: { openAIConfig: { apiKey: "${API_KEY}", model: "m" } },
        routeSpecificConfigs: { [name]: { openAIConfig: { model: "n" } } },
      };
      const workloadSelector = { labels: { istio: "egressgateway" } };
      await post("LLMProvider", name, { host, workloadSelector, configs });
      const gateway = "istio-system/egress-gw";
      const hop = { providerHost: "istio-egressgateway.istio-system.svc.cluster.local" };
      await post("LLMRoute", name, {
        ...{ host, gateways: ["mesh", gateway] },
        rules: [
          { name: `${name}-mesh`, matches: [{ gateways: ["mesh"] }], backendRefs: [hop] },
          { name, matches: [{ gateways: [gateway] }], backendRefs: [{ providerHost: host }] },
        ],
      });
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

function post(kind: string, name: string, spec: object): Promise<unknown> {
  const path = `${group}/${kind.toLowerCase()}s`;
  return callKube({ method: "POST", path, body: { apiVersion, kind, metadata: { name }, spec } });
}

/** The time until everything is in effect, as far as the controller says, and all is written. */
async function untilReady(controller: ControllerProcess, count: number): Promise<string> {
  const begun = performance.now();
  const ready = 'llm_egress_controller_resources{kind="LLMRoute",status="Ready"}';
  while ((await metric(controller, ready)) < count) await sleep(20);
  let before = "";
  let doneAt = performance.now();
  for (let now = await writesOf(controller); now !== before; now = await writesOf(controller)) {
    before = now;
    doneAt = performance.now();
    await sleep(2_000);
  }
  const cpu = await metric(controller, "process_cpu_seconds_total");
  return `${seconds(doneAt - begun)}, ${cpu.toFixed(2)} s of the processor`;
}

async function writesOf(controller: ControllerProcess): Promise<string> {
  const text = await (await controller.get("/metrics")).text();
  return text.match(/^llm_egress_controller_writes_total.*$/gm)?.join("\n") ?? "";
}

/** A metric; 0 if it is not there. */
async function metric(controller: ControllerProcess, name: string): Promise<number> {
  const text = await controller.get("/metrics").then(
    (response) => response.text(),
    () => "",
  );
  const line = text.split("\n").find((each) => each.startsWith(`${name} `));
  return Number(line?.split(" ").at(-1) ?? 0);
}

async function measureIdlePass(controller: ControllerProcess): Promise<void> {
  const before = await writesOf(controller);
  const passes = (): string[] => controller.log().match(/^.*"message":"pass".*$/gm) ?? [];
  const path = "/apis/networking.istio.io/v1/namespaces/default/gateways/bench";
  const times: number[] = [];
  for (let round = 0; round < edits; round += 1) {
    const known = passes().length;
    const servers = [
      { hosts: [`h${round}.example`], port: { number: 8997, name: "http", protocol: "HTTP" } },
    ];
    await callKube({
      method: "PATCH",
      path: `${path}?fieldManager=bench&force=true`,
      contentType: "application/apply-patch+yaml",
      body: {
        ...{ apiVersion: "networking.istio.io/v1", kind: "Gateway", metadata: { name: "bench" } },
        spec: { selector: { istio: "nothing" }, servers },
      },
    });
    while (passes().length === known) await sleep(20);
    const { judgeMs, applyMs, statusMs } = JSON.parse(passes().at(-1) ?? "") as Pass;
    times.push(judgeMs + applyMs + statusMs);
  }
  const after = await writesOf(controller);
  const writes = after === before ? "no writes" : `WRITES:\n${before}\n${after}`;
  console.log(
    `  pass with nothing to do: ${seconds(median(times))}, ${seconds(Math.max(...times))} at most, ${writes}`,
  );
}

interface Pass {
  judgeMs: number;
  applyMs: number;
  statusMs: number;
}

async function measureEdits(mesh: Mesh, count: number): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < edits; round += 1) {
    const model = `model-${count}-${round}`;
    const begun = performance.now();
    await callKube({
      method: "PATCH",
      path: `${group}/llmproviders/dashscope-qwen`,
      contentType: "application/merge-patch+json",
      body: { spec: { configs: { defaultConfig: { openAIConfig: { model } } } } },
    });
    while (!(await mesh.as("app").chat(url)).body.includes(model)) await sleep(2);
    times.push(performance.now() - begun);
    await sleep(1_000);
  }
  console.log(
    `  an edit is in effect after ${seconds(median(times))}, ${seconds(Math.max(...times))} at most, of ${edits}`,
  );
}
