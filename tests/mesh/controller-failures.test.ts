// Replicas that stop, die, and are replaced, and gateways that start meanwhile.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { echoedBody, echoedHeader, echoOf } from "../support/requests.ts";
import { anotherModule } from "./another-module.ts";
import {
  type ControllerProcess,
  prepareController,
  startController,
  untilPruned,
  untilStatus,
} from "./controller-process.ts";
import { startLoad } from "./load.ts";
import { connectMesh } from "./mesh.ts";
import { dashscopeProvider, dashscopeRoute, gatewayRule } from "./resources.ts";
import { controllerAddresses, gatewayKeys } from "./rig/names.ts";
import { runRounds } from "./rounds.ts";
import { restartGateway } from "./gateways.ts";
import { pollUntil } from "./settle.ts";

const mesh = connectMesh();
const url = "http://dashscope.aliyuncs.com/v1/chat/completions";
const echo = { "x-mock-echo": "1" };
const rounds = 3;

let leader: ControllerProcess;
let standby: ControllerProcess | undefined;
let started = 0;

before(async () => {
  await prepareController(mesh);
  leader = start();
  await mesh.apply(gatewayRule, dashscopeProvider, dashscopeRoute);
  await untilStatus(mesh, "llmroute", "dashscope-route", "Ready");
  await pollUntil("an answer", async () => (await mesh.as("app").chat(url)).status === 200);
});
after(async () => {
  await mesh.clear();
  await untilPruned(mesh);
  await Promise.all([leader.stop(), standby?.stop()]);
});

/** Replicas take the addresses in turn. */
function start(wasm?: string): ControllerProcess {
  const address = controllerAddresses[started % 2]!;
  started += 1;
  return startController(mesh, { identity: `replica-${started}`, address, ...(wasm && { wasm }) });
}

async function metrics(controller: ControllerProcess): Promise<string> {
  return controller.get("/metrics").then(
    (response) => response.text(),
    () => "",
  );
}

const leads = async (controller: ControllerProcess) =>
  /^llm_egress_controller_leader 1$/m.test(await metrics(controller));

async function untilServing(controller: ControllerProcess): Promise<void> {
  await pollUntil("a replica to be ready", async () => {
    return controller.get("/readyz").then(
      ({ ok }) => ok,
      () => false,
    );
  });
}

/** Changes the model. Resolves with the time until the provider receives it. */
async function changeModel(model: string): Promise<number> {
  const begun = performance.now();
  await mesh.submit(dashscopeProvider.replace("qwen-1.8b-chat", model));
  for (const deadline = begun + 30_000; performance.now() < deadline;) {
    const answer = await mesh.as("app").chat(url, {}, echo);
    if (echoedBody(answer).includes(model)) return performance.now() - begun;
  }
  throw new Error(`${model} is not in effect`);
}

describe("a second replica", () => {
  it("does not lead, and serves", async () => {
    standby = start();
    await untilServing(standby);
    assert.equal(await leads(standby), false);
    assert.equal(await leads(leader), true);
  });

  it("takes over within a second of the leader's stop, and writes nothing", async () => {
    const next = standby!;
    assert.equal(await leader.stop(), 0);
    const begun = performance.now();
    await pollUntil("the other to lead", () => leads(next));
    const ms = performance.now() - begun;
    console.log(`orderly handover after ${ms.toFixed(0)} ms`);
    assert.ok(ms <= 1_000, `${ms} ms`);
    const hasPassed = /_passes_total\{outcome="complete"\} [1-9]/;
    await pollUntil("a pass", async () => hasPassed.test(await metrics(next)));
    assert.doesNotMatch(await metrics(next), /^llm_egress_controller_writes_total\{.*\} [1-9]/m);
    leader = next;
    standby = undefined;
  });

  it("takes over within 20 seconds if the leader is killed", async () => {
    const next = start();
    standby = next;
    await untilServing(next);
    await leader.stop("SIGKILL");
    const ms = await changeModel("after-the-kill");
    console.log(`in effect ${(ms / 1000).toFixed(1)} s after kill -9`);
    assert.ok(ms <= 20_000, `${ms} ms`);
    assert.equal(await leads(next), true);
    leader = next;
    standby = undefined;
  });
});

describe("an upgrade to another module", () => {
  it("loses no request", async () => {
    const load = startLoad(mesh.as("app"), { url, headers: echo, parallel: 3 });
    const { wasm, sha256 } = anotherModule(mesh.folder, 0);
    try {
      const next = start(wasm);
      await untilServing(next);
      await leader.stop();
      leader = next;
      await mesh.waitForGateway("the new module", (dump) => dump.includes(sha256));
      await changeModel("after-the-upgrade");
    } finally {
      await load.stop();
    }
    const others = load.answers.filter(({ answer }) => answer.status !== 200);
    assert.deepEqual(
      others.map(({ answer }) => answer.body.toString()),
      [],
    );
    assert.deepEqual(load.failures, []);
    for (const { answer } of load.answers) {
      const sent = echoedHeader(echoOf(answer), "authorization");
      assert.deepEqual(sent, [`Bearer ${gatewayKeys.API_KEY}`]);
    }
    console.log(`upgrade under ${load.answers.length} requests`);
  });
});

describe("under load, with creations, changes and deletions, nothing is unfiltered, in clear text, or lost:", () => {
  const isFaultless = async () => {
    const { requests, ...faults } = await runRounds(mesh, rounds);
    console.log(`${rounds} rounds, ${requests} requests`);
    assert.deepEqual(faults, { unfiltered: 0, lost: [], clearText: ["127.0.0.12:80"] });
  };

  it("with one worker", isFaultless);

  describe("at a gateway", () => {
    after(() => restartGateway(mesh, 1));

    it("that starts while no controller runs: it refuses requests, and recovers by itself", async () => {
      await leader.stop();
      await restartGateway(mesh, 4);
      const answer = await mesh.as("app").chat(url, {}, echo);
      console.log(`without the controller: ${answer.status} ${answer.body.toString()}`);
      assert.ok([403, 503].includes(answer.status), `${answer.status}`);
      leader = start();
      const begun = performance.now();
      for (;;) {
        const { status } = await mesh.as("app").chat(url, {}, echo);
        if (status === 200) break;
        assert.ok(performance.now() - begun < 60_000, "it does not recover");
        await sleep(50);
      }
      console.log(`recovered after ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    });

    it("with four workers", isFaultless);
  });
});
