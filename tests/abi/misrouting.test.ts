// The key of a provider is only for that provider's cluster. These tests cover what happens if
// Envoy has chosen another cluster.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PluginProvider } from "../../contract/plugin-config.ts";
import { CLUSTER, configOf, KEY, send, settings } from "../support/filter-host.ts";
import { CONTINUE, STOP, WasmHost, type WasmStream } from "../support/wasm-host.ts";

const misconfigured = "503 llm_egress_provider_misconfigured";
const other: PluginProvider = {
  ...{
    name: "default/other",
    clusters: ["other", "other-2"],
    path: "/chat/completions",
    endpoints: 0,
  },
  ...{ settings: settings({ apiKey: "sk-other" }), routes: [] },
};

function twoProviders(): WasmHost {
  const config = configOf();
  config.providers.push(other);
  return new WasmHost({ config, env: { API_KEY: KEY } });
}

function misroute(stream: WasmStream, cluster: string): void {
  stream.properties.set("xds\0cluster_name", cluster);
}

function misroutedCount(host: WasmHost): number {
  return host.counters.get("llm_egress_misrouted")!;
}

describe("a request whose key went to another cluster", () => {
  it("is answered with 503, counted, and logged without the key", () => {
    const host = twoProviders();
    const stream = send(host);
    misroute(stream, "elsewhere");
    assert.equal(stream.response([[":status", "200"]]), STOP);
    assert.equal(stream.refusal, misconfigured);
    assert.equal(misroutedCount(host), 1);
    const line = `llm-egress: a request for ${CLUSTER} went to elsewhere: default/llm answers 503`;
    assert.deepEqual(host.logs, [line]);
    stream.end();
    assert.equal(misroutedCount(host), 1);
  });

  it("is detected at the end of the stream if no answer came", () => {
    const host = twoProviders();
    const stream = send(host);
    misroute(stream, "other");
    stream.end();
    assert.equal(misroutedCount(host), 1);
    assert.equal(send(host).refusal, misconfigured);
  });

  it("is also detected if the filter refused its body", () => {
    const host = twoProviders();
    const stream = send(host, { chunks: ["{", "]"] });
    misroute(stream, "other");
    stream.end();
    assert.equal(misroutedCount(host), 1);
  });
});

describe("a misrouted request", () => {
  it("disables its own provider, on each of its clusters, and no other", () => {
    const host = twoProviders();
    const open = send(host, { cluster: "other-2" });
    const stream = send(host, { cluster: "other" });
    misroute(stream, "other-2");
    stream.response([[":status", "200"]]);
    for (const cluster of ["other", "other-2"]) {
      assert.equal(send(host, { cluster }).refusal, misconfigured);
    }
    assert.equal(send(host).refusal, "");
    assert.equal(open.response([[":status", "200"]]), CONTINUE);
  });

  it("disables its provider until the configuration changes", () => {
    const host = twoProviders();
    const stream = send(host);
    misroute(stream, "elsewhere");
    stream.end();
    assert.equal(send(host).refusal, misconfigured);
    host.configure({ ...configOf(), authorities: ["changed.example", ...configOf().authorities] });
    assert.equal(send(host).refusal, "");
  });

  it("is not reported if the cluster is the same, or if no key was sent", () => {
    const host = twoProviders();
    const kept = send(host);
    kept.response([[":status", "200"]]);
    const refused = send(host, { headers: { ":path": "/files" } });
    const foreign = send(host, { cluster: "foreign" });
    for (const stream of [kept, refused, foreign]) {
      misroute(stream, "elsewhere");
      stream.response([[":status", "200"]]);
      stream.end();
    }
    assert.equal(misroutedCount(host), 0);
    assert.deepEqual(host.logs, []);
  });
});
