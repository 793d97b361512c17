// Creates, changes and deletes a provider and its route under load, and counts what must not happen.
import { setTimeout as sleep } from "node:timers/promises";
import { echoedBody, echoedHeader, echoOf } from "../support/requests.ts";
import { untilStatus } from "./controller-process.ts";
import { type Load, startLoad } from "./load.ts";
import type { Mesh } from "./mesh.ts";
import { moonshotProvider, moonshotRoute } from "./resources.ts";
import { gatewayKeys } from "./rig/names.ts";
import { pollUntil } from "./settle.ts";
import { sniff } from "./sniffer.ts";
import type { WorkloadAnswer } from "./workload.ts";

const dashscopeUrl = "http://dashscope.aliyuncs.com/v1/chat/completions";
const moonshotUrl = "http://api.moonshot.cn/v1/chat/completions";
const headers = { "x-mock-echo": "1" };

export interface Faults {
  /** Requests that a provider received without its key. */
  unfiltered: number;
  /** Requests that failed although their route was in effect all the time. */
  lost: string[];
  /** Where a key, or a prompt, was sent in clear text. The caller's own sidecar is expected. */
  clearText: string[];
  /** How many requests were sent. */
  requests: number;
}

/** Does so with api.moonshot.cn, while the five steps' provider and route stay as they are. */
export async function runRounds(mesh: Mesh, rounds: number): Promise<Faults> {
  const words = [gatewayKeys.API_KEY, gatewayKeys.MOONSHOT_KEY, '"content":"hello"'];
  const { result, seen } = await sniff(words, () => runUnderLoad(mesh, rounds));
  return { ...result, clearText: seen };
}

async function runUnderLoad(mesh: Mesh, rounds: number): Promise<Omit<Faults, "clearText">> {
  const app = mesh.as("app");
  const kept = startLoad(app, { url: dashscopeUrl, headers, parallel: 2 });
  const changed = startLoad(app, { url: moonshotUrl, headers, parallel: 2 });
  const times: { from: number; to: number }[] = [];
  try {
    for (let round = 0; round < rounds; round += 1)
      times.push(await runRound(mesh, changed, round));
  } finally {
    await Promise.all([kept.stop(), changed.stop()]);
  }
  const [keptAll, changedAll] = [kept, changed].map(({ answers }) => answers);
  const isInEffect = ({ at }: { at: number }): boolean =>
    times.some(({ from, to }) => from <= at && at <= to);
  const expected = [...(keptAll ?? []), ...(changedAll ?? []).filter(isInEffect)];
  const lost = expected
    .filter(({ answer }) => answer.status !== 200)
    .map(({ answer }) => textOf(answer));
  const failures = [...kept.failures, ...changed.failures].map(({ message }) => message);
  const isUnfiltered = (answer: WorkloadAnswer, key: string): boolean =>
    answer.status === 200 &&
    echoedHeader(echoOf(answer), "authorization").join() !== `Bearer ${key}`;
  const unfiltered = [
    ...(keptAll ?? []).filter(({ answer }) => isUnfiltered(answer, gatewayKeys.API_KEY)),
    ...(changedAll ?? []).filter(({ answer }) => isUnfiltered(answer, gatewayKeys.MOONSHOT_KEY)),
  ];
  return {
    unfiltered: unfiltered.length,
    lost: [...lost, ...failures],
    requests: (keptAll?.length ?? 0) + (changedAll?.length ?? 0),
  };
}

/** One round. Gives when the route was in effect. */
async function runRound(
  mesh: Mesh,
  load: Load,
  round: number,
): Promise<{ from: number; to: number }> {
  const model = `model-of-round-${round}`;
  await mesh.submit(moonshotProvider, moonshotRoute);
  await untilStatus(mesh, "llmroute", "moonshot-route", "Ready");
  await untilAnswer(load, "an answer", ({ status }) => status === 200);
  // All workers have it a moment later.
  await sleep(100);
  const from = performance.now();
  await mesh.submit(moonshotProvider.replace("moonshot-v1-8k", model));
  await untilAnswer(
    load,
    model,
    (answer) => answer.status === 200 && echoedBody(answer).includes(model),
  );
  const to = performance.now();
  await mesh.delete(moonshotRoute);
  await untilAnswer(load, "no answer", ({ status }) => status !== 200);
  await mesh.delete(moonshotProvider);
  await pollUntil("the rest to be deleted", async () => {
    const words = ["get", "destinationrule", "moonshot", "-n", "istio-system"];
    return (await mesh.kubectl(...words, "--ignore-not-found", "-o", "name")) === "";
  });
  return { from, to };
}

async function untilAnswer(
  { answers }: Load,
  what: string,
  is: (answer: WorkloadAnswer) => boolean,
): Promise<void> {
  const known = answers.length;
  const has = () => answers.slice(known).some(({ answer }) => is(answer));
  await pollUntil(what, () => Promise.resolve(has()));
}

function textOf({ status, body }: WorkloadAnswer): string {
  return `${status} ${body.toString().slice(0, 200)}`;
}
