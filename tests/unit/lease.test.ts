import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { KubeClient } from "../../src/kube/client.ts";
import { Election } from "../../src/kube/lease.ts";
import { FakeKube } from "../support/fake-kube.ts";
import { until } from "../support/until.ts";

const path = "/apis/coordination.k8s.io/v1/namespaces/own/leases/llm-egress";
const times = { durationMs: 600, renewMs: 30, retryMs: 20 };

let fake: FakeKube;
let replicas: Replica[];

beforeEach(async () => {
  fake = await FakeKube.start();
  replicas = [];
});
afterEach(async () => {
  for (const { stop } of replicas) stop.abort();
  await Promise.all(replicas.map(({ ended }) => ended));
  await fake.close();
});

interface Replica {
  election: Election;
  stop: AbortController;
  ended: Promise<"stopped" | "lost">;
  wasElected: () => boolean;
}

function join(identity: string): Replica {
  let elected = false;
  const election = new Election(new KubeClient(fake.access), {
    namespace: "own",
    name: "llm-egress",
    identity,
    onElected: () => (elected = true),
    onTrouble: () => {},
    ...times,
  });
  const stop = new AbortController();
  const replica = { election, stop, ended: election.run(stop.signal), wasElected: () => elected };
  replicas.push(replica);
  return replica;
}

const holder = () => (fake.at(path)?.["spec"] as { holderIdentity: string }).holderIdentity;

test("of two replicas one leads", async () => {
  const [a, b] = [join("a"), join("b")];
  await until(() => a.wasElected() || b.wasElected());
  await until(() => fake.count("GET", /leases/) > 20);
  assert.equal([a, b].filter(({ election }) => election.isLeader).length, 1);
  assert.equal(holder(), a.election.isLeader ? "a" : "b");
});

test("a Lease that is given back is taken at once", async () => {
  const a = join("a");
  await until(a.wasElected);
  const b = join("b");
  await until(() => fake.count("GET", /leases/) > 5);
  assert.ok(!b.wasElected());
  a.stop.abort();
  assert.equal(await a.ended, "stopped");
  const begun = performance.now();
  await a.election.release();
  assert.ok(!a.election.isLeader);
  await until(b.wasElected);
  assert.ok(performance.now() - begun < times.durationMs / 2);
  assert.equal((fake.at(path)?.["spec"] as { leaseTransitions: number }).leaseTransitions, 1);
});

test("the Lease of a replica that has died is taken after its time", async () => {
  const a = join("a");
  await until(a.wasElected);
  a.stop.abort();
  await a.ended;
  const begun = performance.now();
  const b = join("b");
  await until(b.wasElected);
  assert.ok(performance.now() - begun > times.durationMs);
});

test("a replica that can't renew the Lease has lost it before another may take it", async () => {
  const a = join("a");
  await until(a.wasElected);
  fake.intercept = () => ({ status: 503 });
  const begun = performance.now();
  assert.equal(await a.ended, "lost");
  assert.ok(performance.now() - begun < times.durationMs);
  assert.ok(!a.election.isLeader);
});

test("a replica whose Lease another one holds has lost it", async () => {
  const a = join("a");
  await until(a.wasElected);
  const lease = fake.at(path)!;
  const spec = { ...(lease["spec"] as object), holderIdentity: "b" };
  fake.put("/apis/coordination.k8s.io/v1/leases", { ...lease, spec });
  assert.equal(await a.ended, "lost");
  assert.equal(holder(), "b");
});
