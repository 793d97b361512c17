import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { KubeClient, type KubeObject } from "../../src/kube/client.ts";
import { Collection } from "../../src/kube/collection.ts";
import { exactJson } from "../../src/kube/exact-json.ts";
import { FakeKube } from "../support/fake-kube.ts";
import { until } from "../support/until.ts";

const path = "/apis/g/v1/things";
const at = (name: string) => `/apis/g/v1/namespaces/n/things/${name}`;

let fake: FakeKube;
let troubles: string[];
let stop: AbortController;
let ended: Promise<void>;
let changes: number;

beforeEach(async () => {
  fake = await FakeKube.start();
  troubles = [];
  changes = 0;
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await ended;
  await fake.close();
});

function thing(name: string, more: object = {}): object {
  return { apiVersion: "g/v1", kind: "Thing", metadata: { name, namespace: "n" }, ...more };
}

function follow(options: { labelSelector?: string; ignoresStatus?: boolean } = {}): Collection {
  const collection = new Collection(new KubeClient(fake.access), {
    ...{ path, ...options },
    onChange: () => (changes += 1),
    onTrouble: ({ message }) => void troubles.push(message),
    firstDelayMs: 5,
    lastDelayMs: 20,
  });
  ended = collection.run(stop.signal);
  return collection;
}

const namesOf = (collection: Collection) => [...collection.objects.keys()].sort();

test("a list is read in pages, and its items have their kind", async () => {
  for (const name of ["a", "b", "c", "d", "e"]) fake.put(path, thing(name));
  fake.pageSize = 2;
  const collection = follow();
  await until(() => collection.isSynced);
  assert.deepEqual(namesOf(collection), ["n/a", "n/b", "n/c", "n/d", "n/e"]);
  assert.equal(collection.objects.get("n/a")?.kind, "Thing");
  assert.equal(collection.objects.get("n/a")?.apiVersion, "g/v1");
  const lists = fake.requests.filter(({ query }) => !query.has("watch"));
  assert.deepEqual(
    lists.map(({ query }) => query.get("continue")),
    [null, "2", "4"],
  );
});

test("creations, changes and deletions are followed", async () => {
  const collection = follow();
  await until(() => collection.isSynced);
  fake.put(path, thing("a"));
  await until(() => collection.objects.has("n/a"));
  fake.put(path, thing("a", { spec: 2 }));
  await until(() => collection.objects.get("n/a")?.["spec"] === 2);
  fake.remove(at("a"));
  await until(() => collection.objects.size === 0);
  assert.equal(collection.lists, 1);
  assert.deepEqual(troubles, []);
});

test("a label selector is passed on, and what loses the label is gone", async () => {
  const labelled = { metadata: { name: "a", namespace: "n", labels: { own: "yes" } } };
  fake.put(path, thing("a", labelled));
  fake.put(path, thing("b"));
  const collection = follow({ labelSelector: "own=yes" });
  await until(() => collection.isSynced);
  assert.deepEqual(namesOf(collection), ["n/a"]);
  fake.put(path, thing("a", { metadata: { name: "a", namespace: "n", labels: {} } }));
  await until(() => collection.objects.size === 0);
});

test("a version that has expired is listed anew, without a word", async () => {
  fake.put(path, thing("a"));
  const collection = follow();
  await until(() => fake.count("GET", /things/) === 2);
  fake.put(path, thing("b"));
  fake.send({ type: "ERROR", object: { code: 410, reason: "Expired", message: "too old" } });
  await until(() => collection.lists === 2);
  assert.deepEqual(namesOf(collection), ["n/a", "n/b"]);
  assert.deepEqual(troubles, []);
});

test("what happened while a watch was broken is not missed", async () => {
  fake.put(path, thing("a"));
  const collection = follow();
  await until(() => fake.count("GET", /things/) === 2);
  fake.lose(path);
  fake.put(path, thing("b"));
  await until(() => collection.objects.has("n/b"));
  assert.deepEqual(namesOf(collection), ["n/b"]);
});

for (const [what, event] of Object.entries({
  "an unknown error": { type: "ERROR", object: { code: 500, message: "broken" } },
  "an event that can't be read": "no event",
})) {
  test(`after ${what} on the watch, everything is listed anew`, async () => {
    const collection = follow();
    await until(() => fake.count("GET", /things/) === 2);
    fake.send(event as object);
    await until(() => collection.lists === 2);
    assert.equal(troubles.length, 1);
    fake.put(path, thing("a"));
    await until(() => collection.objects.has("n/a"));
  });
}

test("a bookmark moves the version, so that the next watch begins there", async () => {
  const collection = follow();
  await until(() => fake.count("GET", /things/) === 2);
  const before = changes;
  fake.send({ type: "BOOKMARK", object: { metadata: { resourceVersion: "777" } } });
  await until(() => collection.ageMs < 50);
  fake.intercept = (request) => {
    const { query } = request;
    if (query.get("watch") === "true") versions.push(query.get("resourceVersion"));
    return undefined;
  };
  const versions: (string | null)[] = [];
  fake.endWatches();
  await until(() => versions.length > 0);
  assert.deepEqual(versions[0], "777");
  assert.equal(changes, before);
  assert.equal(fake.requests[1]?.query.get("allowWatchBookmarks"), "true");
});

test("while the API refuses, calls become rarer, and nothing counts as deleted", async () => {
  fake.put(path, thing("a"));
  const collection = follow();
  await until(() => fake.count("GET", /things/) === 2);
  fake.intercept = () => ({ status: 503, message: "not now" });
  fake.dropWatches();
  await until(() => troubles.length >= 4);
  assert.deepEqual(namesOf(collection), ["n/a"]);
  assert.ok(collection.isSynced);
  fake.intercept = () => undefined;
  fake.put(path, thing("b"));
  await until(() => collection.objects.size === 2);
});

test("while the API does not know the kind, the collection is not synced", async () => {
  fake.put(path, thing("a"));
  const collection = follow();
  await until(() => collection.isSynced);
  fake.intercept = () => ({ status: 404 });
  fake.dropWatches();
  await until(() => !collection.isSynced);
  assert.deepEqual(namesOf(collection), ["n/a"]);
});

test("a collection says how old its knowledge is", async () => {
  const collection = follow();
  await until(() => collection.isSynced);
  await until(() => collection.ageMs > 40);
  fake.put(path, thing("a"));
  await until(() => collection.objects.size === 1);
  assert.ok(collection.ageMs < 40);
});

test("numbers keep their digits if the runtime can tell them", () => {
  const text = '{"a":12345678901234567890,"b":[1.10]}';
  const exact = exactJson(text);
  const canTell = "rawJSON" in JSON;
  assert.equal(exact === undefined ? undefined : JSON.stringify(exact), canTell ? text : undefined);
  assert.equal(exactJson('{"a":123456789012345}'), undefined);
});

test("a status that the caller writes is no change, and what others change meanwhile is one", async () => {
  const spec = { big: "#" };
  fake.put(path, thing("a", { spec }));
  fake.put(path, thing("b"));
  const collection = follow();
  await until(() => collection.isSynced);
  const object = collection.objects.get("n/a")!;
  const status = { status: "Ready" };
  const setStatus = (): Promise<KubeObject> =>
    Promise.resolve(fake.put(path, { ...object, status }));
  const known = changes;
  // The event is there before the response.
  await collection.writeStatus("n/a", status, async () => {
    const stored = await setStatus();
    await until(() => collection.objects.get("n/a")?.["status"] !== undefined);
    return stored;
  });
  assert.equal(changes, known);
  // The response is there before the event.
  collection.put({ ...fake.put(path, { ...object, status: { status: "Held" } }) });
  fake.put(path, thing("b", { spec: 1 }));
  await until(() => collection.objects.get("n/b")?.["spec"] === 1);
  assert.equal(changes, known + 1);
  await collection.writeStatus("n/a", status, async () => {
    fake.put(path, thing("a", { spec: { big: "+" }, status }));
    await until(() => changes === known + 2);
  });
  fake.put(path, { ...fake.at(at("a"))!, status: {} });
  await until(() => changes === known + 3);
});

test("a status that nobody reads is no change", async () => {
  fake.put(path, thing("a"));
  const collection = follow({ ignoresStatus: true });
  await until(() => collection.isSynced);
  const known = changes;
  fake.put(path, thing("a", { status: { addresses: [] } }));
  await until(() => collection.objects.get("n/a")?.["status"] !== undefined);
  assert.equal(changes, known);
  fake.put(path, thing("a", { spec: 1, status: { addresses: [] } }));
  await until(() => changes === known + 1);
});

test("the status of an object that is nested deeply can be written", async () => {
  const deep = JSON.parse("[".repeat(4_000) + "]".repeat(4_000)) as object;
  fake.put(path, thing("a", { spec: deep }));
  const collection = follow();
  await until(() => collection.isSynced);
  const object = collection.objects.get("n/a")!;
  const status = { status: "Invalid" };
  await collection.writeStatus("n/a", status, async () => {
    fake.put(path, { ...object, status });
    await until(() => collection.objects.get("n/a")?.["status"] !== undefined);
  });
  assert.equal(collection.lists, 1);
});

const skip = "rawJSON" in JSON ? false : "before version 22, Node does not tell the digits";
test("numbers keep their digits when a status is written", { skip }, async () => {
  fake.put(path, thing("a", { spec: { seed: 123456789012345680 } }));
  const collection = follow();
  await until(() => collection.isSynced);
  const object = collection.objects.get("n/a")!;
  assert.match(collection.textOf(object) ?? "", /123456789012345680/);
  collection.put({ ...object, status: {} });
  assert.equal(collection.textOf(collection.objects.get("n/a")!), collection.textOf(object));
});
