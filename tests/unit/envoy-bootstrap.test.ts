import assert from "node:assert/strict";
import { test } from "node:test";
import { emitEnvoy } from "../../src/compile.ts";
import { accessLog, accessLogFields } from "../../src/emit/envoy/access-log.ts";
import { toBootstrap } from "../../src/emit/envoy/bootstrap.ts";
import { type Cluster, toCluster } from "../../src/emit/envoy/cluster.ts";
import type { EnvoyOptions, Upstream } from "../../src/emit/envoy/options.ts";
import { toRouteConfig } from "../../src/emit/envoy/route-config.ts";
import { toWasmFilter } from "../../src/emit/envoy/wasm-filter.ts";
import type { PluginConfig } from "../../contract/plugin-config.ts";
import { planOf, providerText } from "../support/compile-text.ts";
import { envoyOptions } from "../support/envoy-options.ts";

const plan = planOf(providerText("{apiKey: '${KEY}'}"));

function clusterWith(upstream: Upstream): Cluster {
  const upstreams = new Map([["a.example", upstream]]);
  return toCluster(plan.providers[0]!, envoyOptions({ upstreams }));
}

function authoritiesWith(listen: EnvoyOptions["listen"]): string[] {
  const filter = JSON.parse(JSON.stringify(toWasmFilter(plan, envoyOptions({ listen })))) as {
    typed_config: { config: { configuration: { value: string } } };
  };
  const { value } = filter.typed_config.config.configuration;
  return (JSON.parse(value) as PluginConfig).authorities;
}

test("a provider's traffic goes to a plain upstream without TLS, under the cluster's own name", () => {
  const cluster = clusterWith({ host: "127.0.0.1", port: 8081, tls: false });
  assert.equal(cluster.name, "outbound|443||a.example");
  assert.equal(cluster.transport_socket, undefined);
  assert.match(JSON.stringify(cluster.load_assignment), /"127.0.0.1","port_value":8081/);
});

test("an upstream with TLS is checked by its own name", () => {
  const cluster = clusterWith({ host: "proxy.example", port: 8443, tls: true });
  const text = JSON.stringify(cluster.transport_socket);
  assert.match(text, /"sni":"proxy.example"/);
  assert.match(text, /"san_type":"DNS","matcher":\{"exact":"proxy.example"\}/);
});

test("an upstream with TLS at an address has no SNI, and is checked by its address", () => {
  const text = JSON.stringify(clusterWith({ host: "10.0.0.1", port: 443, tls: true }));
  assert.doesNotMatch(text, /sni/);
  assert.match(text, /"san_type":"IP_ADDRESS","matcher":\{"exact":"10.0.0.1"\}/);
});

test("there is no admin interface unless it is asked for", () => {
  const { admin, ...options } = envoyOptions();
  assert.equal(toBootstrap(plan, options).admin, undefined);
  assert.match(JSON.stringify(toBootstrap(plan, { ...options, admin: admin! }).admin), /9901/);
});

test("the listener's own addresses are authorities", () => {
  const port = 10000;
  assert.deepEqual(authoritiesWith({ host: "127.0.0.1", port }), [
    "127.0.0.1:10000",
    "localhost:10000",
  ]);
  assert.deepEqual(authoritiesWith({ host: "0.0.0.0", port }), [
    "0.0.0.0:10000",
    "127.0.0.1:10000",
    "localhost:10000",
  ]);
  assert.deepEqual(authoritiesWith({ host: "::1", port }), ["[::1]:10000", "localhost:10000"]);
  assert.deepEqual(authoritiesWith({ host: "10.0.0.1", port: 80 }), ["10.0.0.1", "10.0.0.1:80"]);
});

test("a provider without a route is reached by the gateway's own address", () => {
  const { virtual_hosts: hosts } = toRouteConfig(plan);
  assert.deepEqual(
    hosts.map((host) => [host.domains, host.routes.map((route) => route.route.cluster)]),
    [[["*"], ["outbound|443||a.example"]]],
  );
});

test("a literal key is in the filter's configuration and in no environment variable", () => {
  const yaml = emitEnvoy(planOf(providerText("{apiKey: fake-key}")), envoyOptions());
  assert.match(yaml, /"apiKey": "fake-key"/);
  assert.match(yaml, /host_env_keys: \[\]/);
});

test("only what has not been sent is retried, and websocket upgrades alone reach the filter", () => {
  const text = JSON.stringify(toBootstrap(plan, envoyOptions()));
  const conditions = [...text.matchAll(/"retry_on":"([^"]*)"/g)].map(([, on]) => on);
  assert.deepEqual([...new Set(conditions)], ["connect-failure,refused-stream"]);
  const upgrades = [...text.matchAll(/"upgrade_type":"([^"]*)"/g)].map(([, type]) => type);
  assert.deepEqual(upgrades, ["websocket"]);
});

test("takes each label out of a metric's name, and leaves Envoy's own tags as they are", () => {
  const { stats_config: config } = toBootstrap(plan, envoyOptions());
  const { stats_tags: tags, ...others } = config as {
    stats_tags: { tag_name: string; regex: string }[];
  };
  assert.deepEqual(others, {});
  const labels = {
    llmproxy_provider: "default/dashscope-qwen",
    llmproxy_route: "own-address",
    llmproxy_model: "qwen2.5-7b",
    llmproxy_source: "default/app",
    llmproxy_code: "200",
    llmproxy_outcome: "ok",
    llmproxy_reason: "model_not_allowed",
    llmproxy_key: "2",
  };
  const written = Object.entries(labels).map(([label, value]) => `${label}=.=${value};.;`);
  let name = `wasmcustom.${written.join("")}llm_egress_requests`;
  const found: Record<string, string> = {};
  for (const { tag_name: tag, regex } of tags) {
    const [, whole = "", value = ""] = new RegExp(regex).exec(name) ?? [];
    found[tag] = value;
    name = name.replace(whole, "");
  }
  assert.deepEqual(found, labels);
  assert.equal(name, "wasmcustom.llm_egress_requests");
});

test("the access log has neither a path nor a header that may hold a key", () => {
  const text = JSON.stringify(accessLog());
  const headers = [...text.matchAll(/%REQ\(([^)]*)\)/g)].map(([, header]) => header);
  assert.deepEqual(headers, [":METHOD", ":AUTHORITY"]);
  assert.doesNotMatch(text, /%(?:PATH|RESP\(|TRAILER|DYNAMIC_METADATA)/);
});

test("what the filter tells the access log is printed as it is, not as base64", () => {
  const fields = Object.values(accessLogFields).filter((field) => field.includes("FILTER_STATE"));
  assert.equal(fields.length, 8);
  for (const field of fields) {
    assert.match(field, /^%FILTER_STATE\(wasm\.(?:asm\.llmproxy|llm_egress)\.[a-z_]+:PLAIN\)%$/);
  }
});
