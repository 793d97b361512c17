// Many streams at once and one after another: which settings apply, what they cost, and answers that come back at once.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PluginConfig } from "../../contract/plugin-config.ts";
import {
  CLUSTER,
  configOf,
  hostOf,
  KEY,
  postHeaders,
  send,
  settings,
} from "../support/filter-host.ts";
import { CONTINUE, STOP, WasmHost, type WasmStream } from "../support/wasm-host.ts";

describe("a route's own settings", () => {
  const own = (model: string, apiKey: string) =>
    settings({ apiKey, members: [{ name: "model", override: `"${model}"` }] });
  const routes = { fast: own("turbo", "sk-fast"), "slow.\u00e9": own("max", "sk-slow") };
  const host = hostOf({ members: [{ name: "model", override: '"plain"' }] }, { routes });

  it("are chosen by the name of the route", () => {
    for (const [route, model, key] of [
      ["fast", "turbo", "sk-fast"],
      ["slow.\u00e9", "max", "sk-slow"],
      ["fast.x", "plain", KEY],
      ["", "plain", KEY],
    ] as const) {
      const stream = send(host, { route });
      assert.deepEqual(JSON.parse(stream.forwardedText), { model });
      assert.equal(stream.header("authorization"), `Bearer ${key}`);
    }
  });

  it("are the provider's where the route has no name", () => {
    const stream = host.stream(CLUSTER);
    stream.properties.delete("xds\0route_name");
    stream.headers(postHeaders());
    assert.equal(stream.header("authorization"), `Bearer ${KEY}`);
  });
});

describe("a stream to a cluster of no provider", () => {
  it("costs one property and is left alone", () => {
    const host = hostOf();
    for (const cluster of ["elsewhere", `${CLUSTER}x`, "", undefined]) {
      host.calls.clear();
      const stream = host.stream("");
      stream.properties.delete("xds\0cluster_name");
      if (cluster !== undefined) stream.properties.set("xds\0cluster_name", cluster);
      const headers = postHeaders({ authorization: "own", "x-envoy-a": "b" });
      assert.equal(stream.headers(headers), CONTINUE);
      assert.equal(stream.body("not JSON", true), CONTINUE);
      assert.equal(stream.response([["set-cookie", "a"]]), CONTINUE);
      stream.end();
      assert.deepEqual([...host.calls], [["proxy_get_property", 1]]);
      assert.deepEqual(stream.requestHeaders, headers);
      assert.equal(stream.forwardedText, "not JSON");
    }
  });
});

const busy: PluginConfig = configOf({
  members: [
    { name: "model", override: '"qwen"' },
    { name: "max_tokens", limit: "100" },
  ],
  models: { aliases: { fast: "qwen" } },
});

// Requests of all kinds, in turn.
function sendKind(host: WasmHost, kind: number): WasmStream {
  switch (kind % 5) {
    case 0:
      return send(host, { headers: { ":path": "/files" } });
    case 1:
      return send(host, { chunks: ['{"max_tokens":101,"max_tok', 'ens":1}'] });
    case 2:
      return send(host, { chunks: ['{"a":1, "max_tokens"', " : 1", '01 ,"b":2', "}"] });
    case 3:
      return send(host, { cluster: "foreign" });
    default:
      return send(host, { headers: { ":path": `/embeddings?a=${kind}`, "x-a": `${kind}` } });
  }
}

function finish(stream: WasmStream): void {
  const [refusal] = stream.localResponses;
  if (refusal === undefined) stream.response([[":status", "200"]]);
  else assert.match(refusal.details + refusal.body, /^llm_egress_[a-z_]+{"error":{.*}}$/);
  stream.end();
}

// Memory after a tenth of `count` streams, and after all of them, with `open` of them at any time.
function assertFlat(host: WasmHost, count: number, open: number): void {
  const streams: WasmStream[] = [];
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    streams.push(sendKind(host, i));
    if (streams.length > open) finish(streams.shift()!);
    if (i === count / 10) bytes = host.memory.buffer.byteLength;
  }
  assert.equal(host.memory.buffer.byteLength, bytes);
  for (const stream of streams) finish(stream);
}

describe("memory", () => {
  it("does not grow with 50,000 streams one after another", () => {
    assertFlat(new WasmHost({ config: busy, env: { API_KEY: KEY } }), 50_000, 0);
  });

  it("does not grow with 50,000 streams of which 2,000 are open at any time", () => {
    assertFlat(new WasmHost({ config: busy, env: { API_KEY: KEY } }), 50_000, 2000);
  });
});

// The answer passes the response callbacks and ends its stream.
function callBack(_host: WasmHost, stream: WasmStream): void {
  stream.response([[":status", "400"]]);
  stream.end();
}

describe("an answer that comes back while it is being sent", () => {
  const host = new WasmHost({ config: busy, env: { API_KEY: KEY }, whileAnswering: callBack });

  it("is sent whole, and once", () => {
    const kinds = [0, 1].map((kind) => sendKind(host, kind));
    const refusals = kinds.map((stream) => stream.refusal);
    assert.deepEqual(refusals, [
      "404 llm_egress_unknown_endpoint",
      "400 llm_egress_duplicate_member",
    ]);
    for (const { localResponses } of kinds) JSON.parse(localResponses[0]!.body);
  });

  it("leaves every other stream as it is, and memory flat", () => {
    const open = host.stream(CLUSTER);
    open.headers(postHeaders());
    open.body('{"a":1, "max_tokens"');
    assertFlat(host, 20_000, 100);
    open.body(":101}", true);
    assert.deepEqual(JSON.parse(open.forwardedText), { a: 1, model: "qwen", max_tokens: 100 });
  });

  it("may be the one to a misrouted request", () => {
    const stream = send(host);
    stream.properties.set("xds\0cluster_name", "elsewhere");
    assert.equal(stream.response([[":status", "200"]]), STOP);
    const refusal = "503 llm_egress_provider_misconfigured";
    assert.equal(stream.refusal, refusal);
    assert.equal(send(host).refusal, refusal);
  });
});

describe("what the module has lent for an answer", () => {
  it("stays in memory until the call ends, whatever else ends meanwhile", () => {
    const whileAnswering = (host: WasmHost, stream: WasmStream) => {
      callBack(host, stream);
      for (let i = 0; i < 3000; i++) {
        const headers = { ":method": "GET", ":path": `/models?a=${"x".repeat(i % 400)}` };
        finish(send(host, { headers, chunks: [] }));
      }
    };
    const host = new WasmHost({ config: busy, env: { API_KEY: KEY }, whileAnswering });
    for (const kind of [0, 1, 0, 1]) finish(sendKind(host, kind));
  });
});
