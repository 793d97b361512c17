import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, test } from "node:test";
import type { Outcome } from "../../src/controller/status.ts";
import { StatusWriter } from "../../src/controller/status-writer.ts";
import { KubeClient, type KubeObject } from "../../src/kube/client.ts";
import { FakeKube } from "../support/fake-kube.ts";

const collection = "/apis/istio.alibabacloud.com/v1beta1/llmproviders";
const path = collection.replace(/(\w+)$/, "namespaces/models/$1/a");
const good: Outcome = {
  ...{
    diagnostics: [],
    conflict: undefined,
    isHeld: false,
    largePlugin: undefined,
    failure: undefined,
    isWaiting: false,
    remarks: [],
    lagging: undefined,
  },
};

let fake: FakeKube;
let warnings: string[];
let isUrgent = false;

beforeEach(async () => {
  fake = await FakeKube.start();
  warnings = [];
  isUrgent = false;
  fake.put(collection, {
    ...{ apiVersion: "istio.alibabacloud.com/v1beta1", kind: "LLMProvider", spec: {} },
    metadata: { name: "a", namespace: "models" },
  });
  // The API server drops what the schema of the CRD lacks.
  fake.intercept = ({ method, body }) => {
    if (method !== "PATCH") return undefined;
    const { status } = (body as { status?: { status: string } }) ?? {};
    const stored = fake.put(collection, { ...fake.at(path), status: { status: status?.status } });
    return { status: 200, body: stored };
  };
});
afterEach(() => fake.close());

function writer(prunedMs: number): StatusWriter {
  const none = () => {};
  const log = {
    debug: none,
    info: none,
    error: none,
    warn: (text: string) => void warnings.push(text),
  };
  return new StatusWriter(new KubeClient(fake.access), {
    ...{
      collections: {},
      log,
      mayWrite: () => true,
      onWrite: none,
      isUrgent: () => isUrgent,
      prunedMs,
    },
    reporter: { controller: "llm-egress", instance: "test" },
  });
}

const write = (statuses: StatusWriter, outcome: Outcome) =>
  statuses.write(
    [fake.at(path) as KubeObject],
    () => outcome,
    () => {},
  );

test("a status that the API stores in part is not written again at each pass", async () => {
  const statuses = writer(300);
  for (let pass = 0; pass < 5; pass++) await write(statuses, good);
  assert.equal(fake.count("PATCH", /status$/), 1);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /apply the CRDs/);
  // Another status is news, and is written at once.
  const conflict = { ...good, conflict: "in use" };
  for (let pass = 0; pass < 5; pass++) await write(statuses, conflict);
  assert.equal(fake.count("PATCH", /status$/), 2);
  await sleep(400);
  await write(statuses, conflict);
  assert.equal(fake.count("PATCH", /status$/), 3);
});

test("after the CRD is complete, the whole status is written", async () => {
  const statuses = writer(50);
  await write(statuses, good);
  fake.intercept = () => undefined;
  await sleep(100);
  await write(statuses, good);
  await write(statuses, good);
  const { conditions } = fake.at(path)?.["status"] as { conditions: object[] };
  assert.equal(conditions.length, 3);
  assert.equal(fake.count("PATCH", /status$/), 2);
});

test("many statuses don't hold up what is urgent, and are written in the end", async () => {
  const statuses = writer(300);
  const names = Array.from({ length: 100 }, (_, index) => `p${index}`);
  const pathTo = (name: string) => path.replace(/a$/, name);
  for (const name of names) {
    fake.put(collection, {
      ...{ apiVersion: "istio.alibabacloud.com/v1beta1", kind: "LLMProvider", spec: {} },
      metadata: { name, namespace: "models" },
    });
  }
  fake.intercept = async ({ method }) => {
    if (method === "PATCH") await sleep(100);
    return undefined;
  };
  const writeAll = () =>
    statuses.write(
      names.map((name) => fake.at(pathTo(name)) as KubeObject),
      () => good,
      () => {},
    );
  isUrgent = true;
  await writeAll();
  const written = fake.count("PATCH", /status$/);
  assert.ok(written > 0 && written < names.length, `${written} written`);
  isUrgent = false;
  await writeAll();
  assert.equal(fake.count("PATCH", /status$/), names.length);
});
