// Requests that wait for a key of the key server, and other configurations in the same VM.
import assert from "node:assert/strict";
import { it } from "node:test";
import { CLUSTER, postHeaders, send } from "../support/filter-host.ts";
import {
  firstKeys,
  keyedConfig,
  keyedHost,
  keyOf,
  keysAnswer,
  queryOf,
  REFERENCE,
  secondKeys,
  unavailable,
} from "../support/keyed-host.ts";
import { HOLD, STOP } from "../support/wasm-host.ts";

it("a request whose key is unknown waits for the first keys, and then goes out", () => {
  const host = keyedHost();
  const stream = host.stream(CLUSTER);
  assert.equal(stream.headers(postHeaders()), STOP);
  assert.equal(stream.body('{"a":1}', true), HOLD);
  assert.equal(stream.localResponses.length, 0);
  host.answerCall(firstKeys);
  assert.equal(keyOf(stream), "Bearer sk-1");
  assert.equal(stream.forwardedText, '{"a":1 }');
  stream.response([[":status", "200"]], true);
  stream.end();
  assert.equal(stream.filterState.get("llm_egress.outcome"), "ok");
});

it("a request whose key is unknown is edited as any other, whatever has come meanwhile", () => {
  const config = keyedConfig({ members: [{ name: "model", override: '"m"' }] });
  const body = '{"model":"x","messages":[]}';
  for (let cut = 0; cut <= body.length; cut++) {
    const host = keyedHost(config);
    const stream = host.stream(CLUSTER);
    stream.headers(postHeaders());
    if (cut > 0) stream.body(body.slice(0, cut), cut === body.length);
    host.answerCall(firstKeys);
    assert.equal(stream.isHeld, false);
    if (cut < body.length) stream.body(body.slice(cut), true);
    assert.deepEqual(JSON.parse(stream.forwardedText), { model: "m", messages: [] });
  }
});

it("a request whose key is unknown may end with trailers", () => {
  const host = keyedHost();
  const stream = host.stream(CLUSTER);
  stream.headers(postHeaders());
  stream.body("{}");
  stream.trailers([["x-a", "b"]]);
  host.answerCall(firstKeys);
  assert.equal(stream.forwardedText, "{ }");
  assert.deepEqual(stream.requestTrailers, []);
});

it("a request whose key is unknown may have no body", () => {
  const host = keyedHost();
  const stream = host.stream(CLUSTER);
  stream.headers(postHeaders({ ":method": "GET", ":path": "/v1/models" }), true);
  host.answerCall(firstKeys);
  assert.equal(keyOf(stream), "Bearer sk-1");
  assert.equal(stream.refusal, "");
});

it("a request whose key is unknown is judged as any other when it goes on", () => {
  const host = keyedHost();
  const bad = host.stream(CLUSTER);
  bad.headers(postHeaders({ ":path": "/v1/unknown" }));
  const badBody = host.stream(CLUSTER);
  badBody.headers(postHeaders());
  badBody.body("[]", true);
  host.answerCall(firstKeys);
  assert.equal(bad.refusal, "404 llm_egress_unknown_endpoint");
  assert.equal(badBody.refusal, "400 llm_egress_invalid_json");
});

it("a request whose key is unknown is refused after 2 s", () => {
  const host = keyedHost();
  const early = send(host);
  host.pass(1000);
  const late = send(host);
  host.pass(990);
  assert.equal(early.refusal, "");
  host.pass(60);
  assert.equal(early.refusal, unavailable);
  assert.equal(late.refusal, "");
  host.answerCall(firstKeys);
  assert.equal(keyOf(late), "Bearer sk-1");
  early.end();
  assert.equal(early.filterState.get("llm_egress.outcome"), "rejected");
  host.pass(50);
  assert.equal(host.rootCalls.ticks.size, 0);
});

it("a request whose key is unknown is refused at once if the server has answered without its key", () => {
  const host = keyedHost();
  const waiting = send(host);
  host.answerCall(keysAnswer("1.a", { "other/key": "sk-1" }));
  assert.equal(waiting.refusal, unavailable);
  assert.equal(send(host).refusal, unavailable);
  host.answerCall(secondKeys);
  assert.equal(keyOf(send(host)), "Bearer sk-2");
});

it("a request whose key is unknown waits while polls fail, and the polls go on", () => {
  const host = keyedHost();
  const stream = send(host);
  host.answerCall({ status: 403 });
  host.pass(100);
  host.answerCall();
  host.pass(150);
  assert.equal(stream.refusal, "");
  host.answerCall(firstKeys);
  assert.equal(stream.forwardedText, "{ }");
});

it("a request whose key is unknown may end while it waits, whatever ends first", () => {
  const orders = [
    [0, 1, 2],
    [2, 1, 0],
    [1, 0, 2],
    [1, 2, 0],
  ];
  for (const [gone, ...rest] of orders) {
    const host = keyedHost();
    const streams = [0, 1, 2].map(() => send(host));
    streams[gone!]!.end();
    assert.equal(streams[gone!]!.filterState.get("llm_egress.outcome"), "client_closed");
    // Takes over what the ended stream had.
    const next = send(host);
    host.answerCall(firstKeys);
    assert.equal(streams[gone!]!.forwardedText, "");
    for (const stream of [...rest.map((index) => streams[index]!), next]) {
      assert.equal(keyOf(stream), "Bearer sk-1");
      assert.equal(stream.forwardedText, "{ }");
      stream.end();
    }
  }
});

it("a request whose key is unknown may get a local reply of Envoy meanwhile", () => {
  const host = keyedHost();
  const stream = send(host);
  stream.response([[":status", "408"]]);
  stream.responseBody("timeout", true);
  stream.end();
  assert.equal(stream.filterState.get("llm_egress.outcome"), "gateway_error");
  assert.equal(stream.returnedText, "timeout");
  host.answerCall(firstKeys);
});

it("a request whose key is unknown counts its wait as part of its duration", () => {
  const host = keyedHost();
  const stream = send(host);
  host.pass(700);
  host.answerCall(firstKeys);
  stream.response([[":status", "200"]], true);
  stream.end();
  assert.deepEqual([...host.histograms.values()].flat(), [700]);
});

const other = keyedConfig({}, { revision: "r2" });

it("another configuration finds the keys that the previous one had, and acknowledges itself", () => {
  const host = keyedHost();
  host.answerCall(firstKeys);
  host.replace(other);
  assert.equal(keyOf(send(host)), "Bearer sk-1");
  host.pass(1);
  assert.deepEqual(queryOf(host), { version: "1.a", config: "r1" });
  host.rootCalls.take();
  assert.deepEqual(queryOf(host), { version: "1.a", config: "r2" });
});

it("a previous configuration goes on to get keys for its own requests", () => {
  const host = keyedHost();
  const waiting = send(host);
  const previous = host.replace(other);
  host.pass(1);
  host.answerCall(firstKeys);
  assert.equal(keyOf(waiting), "Bearer sk-1");
  assert.equal(waiting.forwardedText, "{ }");
  host.deleteRoot(previous);
});

it("an answer from before another configuration got new keys does not bring older ones back", () => {
  const host = keyedHost();
  host.answerCall(firstKeys);
  host.replace(other);
  host.pass(1);
  host.answerCall(secondKeys);
  assert.deepEqual(queryOf(host), { version: "1.a", config: "r2" });
  host.answerCall(keysAnswer("1.b", { [REFERENCE]: "sk-old" }));
  assert.equal(keyOf(send(host)), "Bearer sk-2");
  host.rootCalls.take();
  assert.deepEqual(queryOf(host), { version: "2.b", config: "r2" });
});

it("another configuration has its requests wait for keys that are new in it", () => {
  const host = keyedHost();
  host.answerCall(firstKeys);
  host.replace(keyedConfig({ apiKeySecretRef: "new/key" }, { revision: "r2" }));
  const stream = send(host);
  assert.equal(stream.isHeld, true);
  host.pass(1);
  host.rootCalls.take();
  host.answerCall(keysAnswer("2.b", { "new/key": "sk-new" }));
  assert.equal(keyOf(stream), "Bearer sk-new");
});
