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
