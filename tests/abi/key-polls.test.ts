// Keys that a key server hands out: how the filter polls for them, and which one a request gets.
import assert from "node:assert/strict";
import { it } from "node:test";
import { configOf, KEY, send } from "../support/filter-host.ts";
import {
  firstKeys,
  KEY_CLUSTER,
  keyedConfig,
  keyedHost,
  keyOf,
  keysAnswer,
  queryOf,
  REFERENCE,
  secondKeys,
  unavailable,
} from "../support/keyed-host.ts";
import { WasmHost } from "../support/wasm-host.ts";

const logsOf = (host: WasmHost) => host.logs.map((line) => line.replace("llm-egress: ", ""));

it("a poll is a GET with the revision and the version", () => {
  const host = keyedHost(keyedConfig({}, { revision: "r-1_a.b" }));
  const [call] = host.rootCalls.open;
  assert.equal(call!.cluster, KEY_CLUSTER);
  assert.equal(call!.timeoutMs, 30_000);
  assert.deepEqual(call!.headers, [
    [":method", "GET"],
    [":path", "/v1/keys?version=&config=r-1_a.b"],
    [":authority", "llm-egress"],
  ]);
  host.answerCall(firstKeys);
  assert.deepEqual(queryOf(host), { version: "1.a", config: "r-1_a.b" });
});

it("a poll is not made before a tick, as Envoy also configures a VM that it discards", () => {
  const host = new WasmHost({ config: keyedConfig() });
  assert.equal(host.rootCalls.open.length, 0);
  host.pass(1);
  assert.equal(host.rootCalls.open.length, 1);
});

it("a poll is made even if no setting names a key of the server", () => {
  const host = keyedHost({ ...configOf(), keyServer: { cluster: KEY_CLUSTER }, revision: "r1" });
  assert.deepEqual(queryOf(host), { version: "", config: "r1" });
});

it("a poll is always under way: one at a time, and no tick in between", () => {
  const host = keyedHost();
  for (let round = 1; round <= 3; round++) {
    assert.equal(host.rootCalls.open.length, 1);
    host.pass(100);
    assert.equal(host.rootCalls.ticks.size, 0);
    host.answerCall(keysAnswer(`${round}.a`, { [REFERENCE]: `sk-${round}` }));
    assert.equal(queryOf(host).version, `${round}.a`);
  }
});

it("a poll follows an answer without news after a short pause", () => {
  const host = keyedHost();
  host.answerCall(firstKeys);
  host.answerCall({ status: 304 });
  assert.equal(host.rootCalls.open.length, 0);
  host.pass(50);
  assert.equal(queryOf(host).version, "1.a");
  assert.deepEqual(host.logs, []);
});

// How long the filter waits until it polls again.
function pauseOf(host: WasmHost): number {
  let pause = 0;
  for (; host.rootCalls.open.length === 0; pause++) host.pass(1);
  return pause;
}

it("after a failure, the next poll waits, twice as long each time, up to a second", () => {
  const longest: number[] = [];
  for (let worker = 0; worker < 60; worker++) {
    const host = keyedHost();
    host.clock += worker * 0.733;
    for (let failure = 0; failure < 8; failure++) {
      host.answerCall();
      longest[failure] = Math.max(longest[failure] ?? 0, pauseOf(host));
    }
    host.answerCall(firstKeys);
    host.answerCall();
    assert.equal(pauseOf(host), 50);
  }
  assert.deepEqual(longest, [50, 100, 200, 400, 800, 1000, 1000, 1000]);
});

it("after a failure, pauses differ from worker to worker", () => {
  const pauses = new Set<number>();
  for (let worker = 0; worker < 40; worker++) {
    const host = keyedHost();
    host.clock += worker * 0.733;
    for (let failure = 0; failure < 6; failure++) {
      host.answerCall();
      pauses.add(pauseOf(host));
    }
  }
  assert.ok(pauses.size > 10, `${pauses.size}`);
});

it("after a failure, the log says why, once, and when the server answers again", () => {
  const host = keyedHost();
  for (let round = 0; round < 3; round++) {
    host.answerCall({ status: 403 });
    pauseOf(host);
  }
  host.answerCall(firstKeys);
  assert.deepEqual(logsOf(host), ["keys: no answer, status 403", "keys: the key server answers"]);
});

it("after a failure, the keys so far stay in use", () => {
  const large = `{"version":"9.z","keys":{},"more":"${"x".repeat(1024 * 1024)}"}`;
  const failures = [
    undefined,
    ...[403, 500, 204].map((status) => ({ status, body: secondKeys.body })),
    ...["", "x", "[]", "{}", '{"version":"9.z"}', '{"version":"9.z","keys":[]}'].map((body) => ({
      status: 200,
      body,
    })),
    { status: 200, body: `{"version":"","keys":{}}` },
    { status: 200, body: `{"version":"a\\n","keys":{}}` },
    { status: 200, body: `{"version":"1.a","keys":{}}` },
    { status: 200, body: secondKeys.body.slice(0, -1) },
    { status: 200, body: large },
  ];
  for (const failure of failures) {
    const host = keyedHost();
    host.answerCall(firstKeys);
    host.answerCall(failure);
    assert.equal(host.rootCalls.open.length, 0, failure?.body);
    assert.equal(keyOf(send(host)), "Bearer sk-1");
    pauseOf(host);
    assert.equal(queryOf(host).version, "1.a");
  }
});

it("after a failure, the next poll follows if Envoy knows the cluster only later", () => {
  const host = keyedHost();
  host.rootCalls.unknownClusters.add(KEY_CLUSTER);
  host.answerCall(firstKeys);
  assert.equal(host.rootCalls.open.length, 0);
  host.pass(500);
  host.rootCalls.unknownClusters.clear();
  pauseOf(host);
  assert.deepEqual(logsOf(host), ["keys: no answer, status 0"]);
});

it("a key is replaced for requests that begin later", () => {
  const host = keyedHost();
  host.answerCall(firstKeys);
  const before = send(host);
  host.answerCall(secondKeys);
  assert.equal(keyOf(before), "Bearer sk-1");
  assert.equal(keyOf(send(host)), "Bearer sk-2");
});

it("a key that a request began with is the one that is hidden in its answer", () => {
  const host = keyedHost();
  host.answerCall(keysAnswer("1.a", { [REFERENCE]: KEY }));
  const stream = send(host);
  host.answerCall(keysAnswer("2.b", { [REFERENCE]: "sk-fedcba98765432100123456789" }));
  stream.response([
    [":status", "401"],
    ["x-key", KEY],
  ]);
  stream.responseBody(`wrong key ${KEY.slice(0, 9)}`);
  stream.responseBody(KEY.slice(9), true);
  assert.equal(stream.returnedText, `wrong key ${"*".repeat(KEY.length)}`);
  assert.ok(!JSON.stringify(stream.responseHeaders).includes(KEY));
});

it("a key that is longer than all before is hidden as well", () => {
  const host = keyedHost();
  host.answerCall(firstKeys);
  const long = `sk-${"0123456789".repeat(40)}`;
  host.answerCall(keysAnswer("2.b", { [REFERENCE]: long }));
  const stream = send(host);
  stream.response([[":status", "401"]]);
  stream.responseBody(`a ${long.slice(0, 400)}`);
  stream.responseBody(`${long.slice(400)} b`, true);
  assert.equal(stream.returnedText, `a ${"*".repeat(long.length)} b`);
});

it("a key that the server withdraws is used no more", () => {
  const host = keyedHost();
  host.answerCall(firstKeys);
  host.answerCall(keysAnswer("2.b", {}));
  assert.equal(send(host).refusal, unavailable);
});

it("a key that can't be sent is ignored, and the log names only its reference", () => {
  for (const key of ["sk\n1", "clé", "", " \n", "\u007f", 1, null, {}]) {
    const host = keyedHost();
    host.answerCall(keysAnswer("1.a", { [REFERENCE]: key, "a\nb": key, "other/key": "sk-3" }));
    assert.equal(send(host).refusal, unavailable);
    assert.deepEqual(logsOf(host), [
      `keys: ignored, as it can't be sent: ${REFERENCE}`,
      "keys: ignored, as it can't be sent: ",
    ]);
  }
});

it("a key is trimmed at both ends", () => {
  const host = keyedHost();
  host.answerCall(keysAnswer("1.a", { [REFERENCE]: " sk-1\n" }));
  assert.equal(keyOf(send(host)), "Bearer sk-1");
});

it("a key is in no log line and no shared state", () => {
  const host = keyedHost();
  host.answerCall(keysAnswer("1.a", { [REFERENCE]: KEY }));
  send(host).end();
  assert.ok(!host.logs.join("\n").includes(KEY));
  assert.equal(host.calls.get("proxy_set_shared_data") ?? 0, 0);
});
