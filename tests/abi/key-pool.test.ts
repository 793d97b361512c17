// Several keys of one provider: which one a request gets, and how long one rests that the provider
// has refused.
import assert from "node:assert/strict";
import { it } from "node:test";
import { configOf, hostOf, send } from "../support/filter-host.ts";
import { keyedConfig, keyedHost, keyOf, keysAnswer } from "../support/keyed-host.ts";
import type { SharedData } from "../support/shared-data.ts";
import { WasmHost, type WasmStream } from "../support/wasm-host.ts";

const env = { K1: "sk-key-1", K2: "sk-key-2", K3: "sk-key-3" };

function poolHost(sharedData: SharedData = new Map()): WasmHost {
  const config = configOf({ apiKeys: Object.keys(env).map((name) => ({ apiKey: `\${${name}}` })) });
  delete config.providers[0]!.settings.apiKey;
  return new WasmHost({ config, env, sharedData });
}

/** The number of the key that a request goes out with; the refusal if it does not. */
function numberOf(stream: WasmStream): number | string {
  return stream.refusal === "" ? Number(keyOf(stream)!.at(-1)) : stream.refusal;
}

function answer(stream: WasmStream, status: number, headers: Record<string, string> = {}): void {
  stream.response([[":status", `${status}`], ...Object.entries(headers)], true);
  stream.end();
}

/** Sends requests, and the provider answers each of them with this status. */
function sent(host: WasmHost, count: number, status = 200): (number | string)[] {
  return Array.from({ length: count }, () => {
    const stream = send(host);
    if (stream.refusal === "") answer(stream, status);
    return numberOf(stream);
  });
}

/** The first request that gets this key. The others are answered. */
function firstWith(host: WasmHost, number: number): WasmStream {
  for (let i = 0; i < 4; i++) {
    const stream = send(host);
    if (numberOf(stream) === number) return stream;
    answer(stream, 200);
  }
  throw new Error(`key ${number} rests`);
}

/** Has the provider answer the request that gets key 1, with this status. */
function refuseFirst(host: WasmHost, status: number, headers?: Record<string, string>): void {
  const stream = send(host);
  assert.equal(numberOf(stream), 1);
  answer(stream, status, headers);
}

it("requests use the keys in turn", () => {
  const host = poolHost();
  assert.deepEqual(sent(host, 7), [1, 2, 3, 1, 2, 3, 1]);
});

it("a key that gets 429 rests for as long as Retry-After says, and the others share the load", () => {
  const host = poolHost();
  refuseFirst(host, 429, { "retry-after": "7" });
  assert.deepEqual(sent(host, 4), [2, 3, 2, 3]);
  host.pass(6_999);
  assert.ok(!sent(host, 6).includes(1));
  host.pass(1);
  assert.deepEqual(sent(host, 4).sort(), [1, 1, 2, 3]);
});

it("a key that gets 429 without a number in Retry-After rests twice as long each time", () => {
  const host = poolHost();
  let rest = 1000;
  for (let round = 0; round < 10; round++) {
    const stream = firstWith(host, 1);
    answer(stream, 429, round % 2 === 0 ? {} : { "retry-after": "Fri, 27 Nov 2026 15:00:00 GMT" });
    host.pass(Math.min(rest, 300_000) - 1);
    assert.ok(!sent(host, 6).includes(1), `${rest}`);
    host.pass(1);
    rest *= 2;
  }
});

it("a key rests for five minutes at most, whatever the provider says", () => {
  for (const seconds of ["301", "99999999999999999", "0000000000000000000301"]) {
    const host = poolHost();
    refuseFirst(host, 429, { "retry-after": seconds });
    host.pass(299_999);
    assert.ok(!sent(host, 6).includes(1), seconds);
    host.pass(1);
    assert.ok(sent(host, 3).includes(1), seconds);
  }
});

it("a key that is refused with 401 or 403 rests for two minutes", () => {
  for (const status of [401, 403]) {
    const host = poolHost();
    refuseFirst(host, status);
    host.pass(119_999);
    assert.ok(!sent(host, 6).includes(1));
    host.pass(1);
    assert.ok(sent(host, 3).includes(1));
  }
});

it("with 403 for all keys, which a client can bring about, requests go on to use them in turn", () => {
  const host = poolHost();
  assert.deepEqual(sent(host, 7, 403), [1, 2, 3, 1, 2, 3, 1]);
});

it("a key with 403 is used if the others rest", () => {
  const host = poolHost();
  refuseFirst(host, 403);
  for (const status of [429, 401]) answer(send(host), status, { "retry-after": "60" });
  assert.deepEqual(sent(host, 3), [1, 1, 1]);
  host.pass(60_000);
  assert.deepEqual(sent(host, 3), [2, 2, 2]);
});

it("requests that were sent before a key was refused do not change its rest", () => {
  for (const [status, headers] of [
    [429, {}],
    [403, {}],
    [200, { "x-ratelimit-remaining-requests": "0" }],
  ] as const) {
    const host = poolHost();
    const streams = Array.from({ length: 30 }, () => send(host));
    const [first, ...late] = streams.filter((stream) => numberOf(stream) === 1);
    for (const each of streams.filter((stream) => numberOf(stream) !== 1)) answer(each, 200);
    answer(first!, 429, { "retry-after": "7" });
    for (const each of late) answer(each, status, headers);
    host.pass(6_999);
    assert.ok(!sent(host, 6).includes(1), `${status}`);
    host.pass(1);
    answer(firstWith(host, 1), 429);
    host.pass(1_999);
    assert.ok(!sent(host, 6).includes(1), `${status}`);
    host.pass(1);
    assert.ok(sent(host, 3).includes(1), `${status}`);
  }
});

it("a key rests for a time that makes sense, whatever Retry-After says", () => {
  for (const value of ["1e9", "-5", "0", "", "0x10", "7, 8", "1.5", "Infinity", "\u00a07"]) {
    const host = poolHost();
    refuseFirst(host, 429, { "retry-after": value });
    host.pass(999);
    assert.ok(!sent(host, 6).includes(1), value);
    host.pass(1);
    assert.ok(sent(host, 3).includes(1), value);
  }
  const host = poolHost();
  const stream = send(host);
  const many = Array.from({ length: 100 }, (): [string, string] => ["retry-after", "5"]);
  stream.response([[":status", "429"], ...many], true);
  stream.end();
  host.pass(300_000);
  assert.ok(sent(host, 3).includes(1));
});

it("no other value of x-ratelimit-remaining-requests has a key left out", () => {
  for (const value of ["", "-1", "00", "1", "0, 0", "x", "9".repeat(5_000)]) {
    const host = poolHost();
    refuseFirst(host, 200, { "x-ratelimit-remaining-requests": value });
    assert.deepEqual(sent(host, 3), [2, 3, 1], value);
  }
});

it("other errors have no key rest", () => {
  const host = poolHost();
  for (const status of [400, 404, 500, 503]) assert.deepEqual(sent(host, 3, status), [1, 2, 3]);
});

it("after its rest, one request tries a key, and the others go on to leave it out", () => {
  const host = poolHost();
  refuseFirst(host, 429, { "retry-after": "1" });
  host.pass(1000);
  const trial = firstWith(host, 1);
  assert.ok(!sent(host, 6).includes(1));
  host.pass(2000);
  const next = firstWith(host, 1);
  answer(trial, 200);
  assert.deepEqual(sent(host, 3).sort(), [1, 2, 3]);
  answer(next, 200);
});

it("all workers know which key rests", () => {
  const shared: SharedData = new Map();
  const workers = [poolHost(shared), poolHost(shared)] as const;
  refuseFirst(workers[0], 429, { "retry-after": "5" });
  assert.ok(!sent(workers[1], 6).includes(1));
  for (const worker of workers) worker.pass(5000);
  const trials = workers.map((worker) => [send(worker), send(worker), send(worker)].map(numberOf));
  assert.equal(trials.flat().filter((number) => number === 1).length, 1);
});

it("a request is refused with 429 and the shortest rest if all keys rest", () => {
  const host = poolHost();
  for (const seconds of ["30", "12", "20"]) answer(send(host), 429, { "retry-after": seconds });
  host.pass(500);
  const stream = send(host);
  const [refusal] = stream.localResponses;
  assert.equal(stream.refusal, "429 llm_egress_keys_exhausted");
  assert.ok(refusal!.headers.some(([name, value]) => name === "retry-after" && value === "12"));
  const { error } = JSON.parse(refusal!.body) as { error: Record<string, unknown> };
  assert.deepEqual(error, {
    message: "All keys of this provider are limited.",
    ...{ type: "rate_limit_error", param: null, code: "keys_exhausted" },
  });
  stream.end();
  host.pass(11_500);
  assert.deepEqual(sent(host, 2), [2, 2]);
});

it("a key that has no requests left is used only if there is no other", () => {
  const host = poolHost();
  const none = { "x-ratelimit-remaining-requests": "0" };
  refuseFirst(host, 200, none);
  assert.deepEqual(sent(host, 4), [2, 3, 2, 3]);
  for (let i = 0; i < 2; i++) answer(send(host), 200, none);
  assert.equal(sent(host, 3).includes("429 llm_egress_keys_exhausted"), false);
});

it("keys of the key server are used as they come, and a new one does not rest", () => {
  const references = ["a/k", "b/k"];
  const config = keyedConfig({
    apiKeys: references.map((apiKeySecretRef) => ({ apiKeySecretRef })),
  });
  delete config.providers[0]!.settings.apiKeySecretRef;
  const host = keyedHost(config);
  const waiting = send(host);
  assert.equal(waiting.isHeld, true);
  host.answerCall(keysAnswer("1.a", { "a/k": "sk-1" }));
  assert.deepEqual([numberOf(waiting), ...sent(host, 2)], [1, 1, 1]);
  host.answerCall(keysAnswer("2.a", { "a/k": "sk-1", "b/k": "sk-2" }));
  const late = send(host);
  answer(firstWith(host, 1), 401);
  assert.deepEqual(sent(host, 2), [2, 2]);
  host.answerCall(keysAnswer("3.a", { "a/k": "sk-3", "b/k": "sk-2" }));
  answer(waiting, 401);
  assert.deepEqual(sent(host, 4).sort(), [2, 2, 3, 3]);
  answer(late, 200);
});

it("shared data has times and numbers only, under names of its own", () => {
  const host = poolHost();
  for (const status of [429, 401, 200]) answer(send(host), status, { "retry-after": "9" });
  const names = [...host.sharedData.keys()];
  assert.deepEqual(names.sort(), ["llm-egress.key.default/llm/1", "llm-egress.key.default/llm/2"]);
  for (const { value } of host.sharedData.values()) assert.equal(value.length, 16);
});

it("a key's place in the list is counted and logged, and never the key", () => {
  const host = poolHost();
  refuseFirst(host, 429, { "retry-after": "9" });
  const stream = send(host);
  answer(stream, 200);
  assert.equal(stream.filterState.get("llm_egress.key"), "2");
  const counted = [...host.counters].filter(([name]) => name.endsWith("llm_egress_key_requests"));
  const tags = "llmproxy_provider=.=default/llm;.;";
  assert.deepEqual(counted, [
    [`${tags}llmproxy_key=.=1;.;llmproxy_code=.=429;.;llm_egress_key_requests`, 1],
    [`${tags}llmproxy_key=.=2;.;llmproxy_code=.=200;.;llm_egress_key_requests`, 1],
  ]);
  assert.ok(![...host.counters.keys(), ...host.logs].join().includes("sk-key"));
});

it("one key costs no call to the host", () => {
  const host = hostOf();
  answer(send(host), 200);
  for (const name of ["proxy_get_shared_data", "proxy_set_shared_data"]) {
    assert.equal(host.calls.get(name), undefined);
  }
});

it("a list of one key is as one key", () => {
  const config = configOf({ apiKeys: [{ apiKey: "${K1}" }] });
  delete config.providers[0]!.settings.apiKey;
  const host = new WasmHost({ config, env });
  assert.deepEqual(sent(host, 2, 429), [1, 1]);
});
