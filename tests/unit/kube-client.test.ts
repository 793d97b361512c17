import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { KubeClient } from "../../src/kube/client.ts";
import { FakeKube } from "../support/fake-kube.ts";

const collection = "/apis/g/v1/things";
const path = "/apis/g/v1/namespaces/n/things/a";

let fake: FakeKube;
let client: KubeClient;

beforeEach(async () => {
  fake = await FakeKube.start();
  client = new KubeClient(fake.access);
});
afterEach(async () => {
  client.close();
  await fake.close();
});

test("a deletion has its preconditions, and leaves the connection in order", async () => {
  fake.put(collection, { kind: "Thing", metadata: { name: "a", namespace: "n" } });
  const body = { kind: "DeleteOptions", preconditions: { uid: "ü-1" } };
  await client.call({ method: "DELETE", path, body });
  assert.deepEqual(fake.requests.at(-1)?.body, body);
  assert.deepEqual((await client.call<{ items: [] }>({ path: collection })).items, []);
});

test("a call does not wait for many lists, so no Lease is lost while collections begin", async () => {
  let free = (): void => {};
  const busy = new Promise<void>((resolve) => (free = resolve));
  fake.intercept = async ({ query }) => {
    if (query.has("limit")) await busy;
    return undefined;
  };
  fake.put(collection, { kind: "Thing", metadata: { name: "a", namespace: "n" } });
  const lists = Array.from({ length: 100 }, () => client.list(collection, { limit: "1" }));
  assert.equal((await client.call({ path })).metadata.name, "a");
  free();
  assert.equal((await Promise.all(lists)).length, 100);
});
