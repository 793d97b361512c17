// Many streams at the same time and one after another: which settings apply, what streams cost, and
// local responses that cause callbacks.
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
  const routes = [
    { name: "fast", settings: own("turbo", "sk-fast") },
    { name: "slow.\u00e9", settings: own("max", "sk-slow") },
  ];
  const host = hostOf({ members: [{ name: "model", override: '"plain"' }] }, { routes });

  it("are selected by the name of the route", () => {
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

  it("are not used if the route has no name", () => {
    const stream = host.stream(CLUSTER);
    stream.properties.delete("xds\0route_name");
    stream.headers(postHeaders());
    assert.equal(stream.header("authorization"), `Bearer ${KEY}`);
  });
});

const named = (model: string, ...virtualServices: string[]) => ({
  ...{ name: "vip", virtualServices },
  settings: settings({ apiKey: `sk-${model}`, members: [] }),
});
const routesOfServices = [named("a", "team/llm", "team/llm.mesh"), named("b", "other/llm")];
const hostOfServices = hostOf({}, { routes: routesOfServices });
const source = "xds\0route_metadata\0filter_metadata\0istio\0config";
const keyFor = (config: string | undefined, route = "vip") => {
  const stream = hostOfServices.stream(CLUSTER, route);
  if (config !== undefined) stream.properties.set(source, config);
  stream.headers(postHeaders());
  return stream.header("authorization");
};
const configOfService = (namespace: string, name: string) =>
  `/apis/networking.istio.io/v1/namespaces/${namespace}/virtual-service/${name}`;

describe("settings of a route of certain VirtualServices", () => {
  it("are those of the VirtualService that the route comes from", () => {
    assert.equal(keyFor(configOfService("team", "llm")), "Bearer sk-a");
    assert.equal(keyFor(configOfService("team", "llm.mesh")), "Bearer sk-a");
    assert.equal(keyFor(configOfService("other", "llm")), "Bearer sk-b");
  });

  it("are not used for a route of the same name that comes from elsewhere", () => {
    for (const config of [
      ...[configOfService("attacker", "llm"), configOfService("my-team", "llm")],
      ...[configOfService("team", "llm2"), configOfService("team", "my-llm")],
      ...["/virtual-service/llm", "", undefined],
    ]) {
      assert.equal(keyFor(config), `Bearer ${KEY}`, config);
    }
  });

  it("cost a property only where the route's name has settings", () => {
    const properties = (route: string) => {
      hostOfServices.calls.clear();
      keyFor(undefined, route);
      return hostOfServices.calls.get("proxy_get_property");
    };
    assert.equal(properties("vip"), properties("everyone")! + 1);
  });
});

describe("a stream to a cluster without a provider", () => {
  it("costs one property and passes through untouched", () => {
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

// Checks that memory does not grow between a tenth of `count` streams and all of them, with `open`
// of them open at any time.
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

// Passes the local response through the response callbacks, and ends its stream.
function callBack(_host: WasmHost, stream: WasmStream): void {
  stream.response([[":status", "400"]]);
  stream.end();
}

describe("a local response that causes callbacks while it is being sent", () => {
  const host = new WasmHost({ config: busy, env: { API_KEY: KEY }, onLocalResponse: callBack });

  it("is sent completely, and once", () => {
    const kinds = [0, 1].map((kind) => sendKind(host, kind));
    const refusals = kinds.map((stream) => stream.refusal);
    assert.deepEqual(refusals, [
      "404 llm_egress_unknown_endpoint",
      "400 llm_egress_duplicate_member",
    ]);
    for (const { localResponses } of kinds) JSON.parse(localResponses[0]!.body);
  });

  it("does not affect other streams, and memory does not grow", () => {
    const open = host.stream(CLUSTER);
    open.headers(postHeaders());
    open.body('{"a":1, "max_tokens"');
    assertFlat(host, 20_000, 100);
    open.body(":101}", true);
    assert.deepEqual(JSON.parse(open.forwardedText), { a: 1, model: "qwen", max_tokens: 100 });
  });

  it("may be the one for a misrouted request", () => {
    const stream = send(host);
    stream.properties.set("xds\0cluster_name", "elsewhere");
    assert.equal(stream.response([[":status", "200"]]), STOP);
    const refusal = "503 llm_egress_provider_misconfigured";
    assert.equal(stream.refusal, refusal);
    assert.equal(send(host).refusal, refusal);
  });
});

describe("the memory that the module passes for a local response", () => {
  it("stays valid until the host call returns, no matter which streams end meanwhile", () => {
    const onLocalResponse = (host: WasmHost, stream: WasmStream) => {
      callBack(host, stream);
      for (let i = 0; i < 3000; i++) {
        const headers = { ":method": "GET", ":path": `/models?a=${"x".repeat(i % 400)}` };
        finish(send(host, { headers, chunks: [] }));
      }
    };
    const host = new WasmHost({ config: busy, env: { API_KEY: KEY }, onLocalResponse });
    for (const kind of [0, 1, 0, 1]) finish(sendKind(host, kind));
  });
});
