// Metrics and their labels: what distinguishes calls, and what can't.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { call, chat, countersOf, end } from "../support/accounts.ts";
import { streamedAnswers } from "../support/answers.ts";
import { CLUSTER, configOf, hostOf, KEY, send } from "../support/filter-host.ts";
import { WasmHost } from "../support/wasm-host.ts";

/**
 * Makes a call with a client certificate for this URI, and returns the source under which it is
 * counted.
 */
function from(host: WasmHost, uri: string): string | undefined {
  const before = new Map(host.counters);
  const stream = send(host);
  stream.properties.set("connection\0uri_san_peer_certificate", uri);
  end(stream);
  const grown = [...host.counters].filter(([name, count]) => count !== (before.get(name) ?? 0));
  const [name = ""] = grown.find(([name]) => name.endsWith("llm_egress_requests")) ?? [];
  return /llmproxy_source=\.=(.*?);\.;/.exec(name)?.[1];
}

describe("a caller", () => {
  it("is the one that the certificate names", () => {
    const host = hostOf();
    assert.equal(from(host, "spiffe://cluster.local/ns/shop/sa/cart"), "shop/cart");
    assert.equal(from(host, "spiffe://other/ns/shop/sa/cart"), "shop/cart");
    assert.equal(from(host, "spiffe://cluster.local/shop"), "spiffe://cluster.local/shop");
    assert.equal(from(host, "https://other/ns/shop/sa/cart"), "https://other/ns/shop/sa/cart");
    assert.equal(from(host, ""), "unknown");
  });

  it("can't break the name of a metric", () => {
    const host = hostOf();
    from(host, "spiffe://x/a;.;llmproxy_model=.=b c%\u00e4");
    const [name] = host.counters.keys();
    assert.ok(
      [...host.counters.keys()].some((each) =>
        each.includes(
          "llmproxy_source=.=spiffe://x/a%3B.%3Bllmproxy_model%3D.%3Db%20c%25%C3%A4;.;",
        ),
      ),
      name,
    );
  });

  it("is counted as other beyond the configured number", () => {
    const config = { ...configOf(), maxSources: 2 };
    const host = new WasmHost({ config, env: { API_KEY: KEY } });
    const sources = ["a", "b", "c", "a", "d"].map((sa) => from(host, `spiffe://t/ns/n/sa/${sa}`));
    assert.deepEqual(sources, ["n/a", "n/b", "other", "n/a", "other"]);
  });
});

describe("metrics", () => {
  it("are defined once each, no matter in which order calls come", () => {
    const host = hostOf();
    const routes = ["a", "b"];
    for (let i = 0; i < 50; i++) call(host, { route: routes[i % 2]! });
    for (let i = 0; i < 5; i++) call(host, {}, streamedAnswers[0]!.text);
    const defined = host.calls.get("proxy_define_metric");
    assert.equal(defined, host.counters.size + host.histograms.size);
  });

  it("have the route that the configuration sets, without a host call", () => {
    const host = hostOf({}, { route: "only" });
    host.calls.clear();
    const stream = send(host, { route: "another" });
    assert.equal(host.calls.get("proxy_get_property"), 1, "the cluster");
    end(stream);
    const requests = countersOf(host).filter((each) => each.startsWith("llm_egress_requests"));
    assert.deepEqual(requests, [
      "llm_egress_requests{route=only,model=unknown,code=0,outcome=client_closed} 1",
    ]);
  });

  it("are separate for each route", () => {
    const host = hostOf();
    for (const route of ["a", "b", "a"]) call(host, { route });
    const requests = countersOf(host).filter((each) => each.startsWith("llm_egress_requests"));
    assert.deepEqual(requests, [
      "llm_egress_requests{route=a,model=unknown,code=200,outcome=ok} 2",
      "llm_egress_requests{route=b,model=unknown,code=200,outcome=ok} 1",
    ]);
  });

  it("are the same for all clusters of a provider", () => {
    const host = hostOf({}, { clusters: [CLUSTER, "outbound|80||llm.example.com"] });
    call(host, { cluster: "outbound|80||llm.example.com" });
    call(host);
    const requests = countersOf(host).filter((each) => each.startsWith("llm_egress_requests"));
    assert.deepEqual(requests, ["llm_egress_requests{model=unknown,code=200,outcome=ok} 2"]);
  });
});

describe("the configured number of callers", () => {
  it("is not reset to the default if it is above the maximum", () => {
    const config = { ...configOf(), maxSources: 20_000 };
    const host = new WasmHost({ config, env: { API_KEY: KEY } });
    for (let i = 0; i < 300; i++) assert.equal(from(host, `spiffe://t/ns/n/sa/${i}`), `n/${i}`);
  });
});

describe("a metric's label", () => {
  it("contains nothing that Istio's own stats tags would extract", () => {
    const host = hostOf();
    const route = "stag.v1.cache.x.wasm_filter.component.y.shadow_denied.rbac.allowed";
    call(host, { route: `${route}.istio_dry_run_deny_z` });
    const names = [...host.counters.keys()];
    const expected =
      "stag%2Ev1.cache%2Ex.wasm_filter%2Ecomponent%2Ey%2Eshadow_denied.rbac%2Eallowed%2Eistio_dry_run_deny_z";
    assert.ok(
      names.some((name) => name.includes(`llmproxy_route=.=${expected};.;`)),
      names.join(),
    );
  });
});

/** Requests this model, and returns the label under which the call is counted. */
function modelOf(host: WasmHost, model: string, status = "200"): string | undefined {
  const before = new Map(host.counters);
  const headers = { ":status": status, "content-type": "application/json" };
  call(host, { chunks: [JSON.stringify({ model })] }, chat, headers);
  const grown = [...host.counters].filter(([name, count]) => count !== (before.get(name) ?? 0));
  const [name = ""] = grown.find(([name]) => name.endsWith("llm_egress_requests")) ?? [];
  return /llmproxy_model=\.=(.*?);\.;/.exec(name)?.[1];
}

describe("a model that only clients name", () => {
  const hostFor = (maxModels: number, models = {}) =>
    new WasmHost({ config: { ...configOf({ models }), maxModels }, env: { API_KEY: KEY } });

  it("is counted as other beyond the configured number", () => {
    const host = hostFor(2, { allow: ["named", "*"] });
    const labels = ["a", "named", "b", "c", "a", "d", "named"].map((model) => modelOf(host, model));
    assert.deepEqual(labels, ["a", "named", "b", "other", "a", "other", "named"]);
  });

  it("is counted as other until a provider has answered it", () => {
    const host = hostFor(1);
    const statuses = ["404", "400", "302", "200", "503"];
    const labels = statuses.map((status) => modelOf(host, "a", status));
    assert.deepEqual(labels, ["other", "other", "other", "a", "a"]);
    const other = hostFor(1);
    for (let i = 0; i < 10; i++) assert.equal(modelOf(other, `no-${i}`, "404"), "other");
    assert.equal(modelOf(other, "b"), "b", "what no provider knows does not count");
  });

  it("is counted as other if its name has more than 64 bytes, or none", () => {
    const host = hostFor(5);
    const [longest, longer] = [64, 65].map((length) => "m".repeat(length));
    assert.equal(modelOf(host, longest!), longest);
    assert.equal(modelOf(host, longer!), "other");
    assert.equal(modelOf(host, "ä".repeat(33)), "other");
    assert.equal(modelOf(host, ""), "other");
  });

  it("keeps its label, and the number its bound, when the configuration changes", () => {
    const host = hostFor(1);
    assert.equal(modelOf(host, "a"), "a");
    host.configure({ ...configOf(), maxModels: 1 });
    assert.equal(modelOf(host, "b"), "other");
    assert.equal(modelOf(host, "a"), "a");
  });
});
