// Which requests the filter handles. Each provider is found by its cluster, and has its own
// settings and its own faults.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type DefineTests, onEachEnvoy } from "../support/each-envoy.ts";
import { routeTo } from "../support/filter-bootstrap.ts";
import { exchangeH2 } from "../support/h2c.ts";
import { exchangeRaw } from "../support/http.ts";
import { clusterOf, pluginConfig, provider, settings } from "../support/plugin-providers.ts";
import {
  assertRefused,
  echoedBody,
  echoedHeader,
  echoing,
  echoOf,
  head,
  post,
} from "../support/requests.ts";

const works = "works.example";
const broken = "broken.example";
const partly = "partly.example";
const unserved = "unserved.example";
const foreign = "foreign.example";
const override = (model: string) => [{ name: "model", override: `"${model}"` }];
const plugin = pluginConfig(
  [
    provider(works, {
      settings: { apiKey: "${GOOD}", members: override("default") },
      routes: [{ name: "vip", settings: settings({ apiKey: "${VIP}", members: override("vip") }) }],
    }),
    provider(broken, { settings: { apiKey: "${MISSING}" } }),
    provider(partly, {
      settings: { apiKey: "${GOOD}" },
      routes: [{ name: "vip", settings: settings({ apiKey: "${EMPTY}" }) }],
    }),
  ],
  { unservedClusters: [clusterOf(unserved)] },
);
const env = { GOOD: "sk-good", VIP: "sk-vip", EMPTY: " \n" };

function virtualHost(host: string, isFirst: boolean): object {
  const headers = [{ name: "x-tier", string_match: { exact: "vip" } }];
  const vip = { ...routeTo(host), name: "vip", match: { prefix: "/", headers } };
  const domains = isFirst ? [host, "*"] : [host];
  return { name: host, domains, routes: [vip, routeTo(host)] };
}

const hosts = [works, broken, partly, unserved, foreign];
const virtualHosts = hosts.map((host, index) => virtualHost(host, index === 0));
const misconfigured = { status: 503, code: "provider_misconfigured" };
const vipTier: [string, string] = ["x-tier", "vip"];

const judgeProviders: DefineTests = (gateway) => {
  test("applies a route's settings only to that route's requests", async () => {
    const { port } = gateway();
    const expected: [[string, string][], string, string][] = [
      [[], "sk-good", "default"],
      [[vipTier], "sk-vip", "vip"],
      [[], "sk-good", "default"],
    ];
    for (const [tier, key, model] of expected) {
      const answer = await exchangeRaw(port, [post(works, "{}", { headers: [echoing, ...tier] })]);
      assert.deepEqual(echoedHeader(echoOf(answer), "authorization"), [`Bearer ${key}`]);
      assert.equal(echoedBody(answer), `{ "model":"${model}"}`);
    }
  });

  test("answers 503 for a provider whose key is missing, and serves the others", async () => {
    const { port, observe, envoy } = gateway();
    assertRefused(await observe(() => exchangeRaw(port, [post(broken, "{}")])), misconfigured);
    const answer = await exchangeRaw(port, [post(works, "{}", { headers: [echoing] })]);
    assert.equal(answer.status, 200);
    const line = /llm-egress: test\/broken\.example answers 503: environment variable MISSING is/;
    assert.match(envoy.logs(), line);
  });

  test("answers 503 for a route whose key is empty, and serves the provider's other routes", async () => {
    const { port, observe } = gateway();
    const vip = post(partly, "{}", { headers: [vipTier] });
    assertRefused(await observe(() => exchangeRaw(port, [vip])), misconfigured);
    const answer = await exchangeRaw(port, [post(partly, "{}", { headers: [echoing] })]);
    assert.deepEqual(echoedHeader(echoOf(answer), "authorization"), ["Bearer sk-good"]);
  });

  test("answers 503 for a cluster that no provider serves", async () => {
    const { port, observe } = gateway();
    const request = post(unserved, "{}");
    assertRefused(await observe(() => exchangeRaw(port, [request])), misconfigured);
  });
};

const leaveAlone: DefineTests = (gateway) => {
  const headers: [string, string][] = [
    echoing,
    ["authorization", "Bearer of-the-client"],
    ["cookie", "a=1"],
    ["x-api-key", "1"],
    ["x-forwarded-for", "10.0.0.1"],
    ["content-type", "text/plain"],
    ["content-encoding", "gzip"],
    ["accept-encoding", "br"],
  ];

  test("passes requests to other clusters through untouched: path, headers and body", async () => {
    const path = "/any/path?api_key=1";
    const request = post(foreign, "no JSON", { method: "PUT", path, headers });
    const answer = await exchangeRaw(gateway().port, [request]);
    const echo = echoOf(answer);
    assert.deepEqual([echo.method, echo.path, echoedBody(answer)], ["PUT", path, "no JSON"]);
    for (const [name, value] of headers) assert.deepEqual(echoedHeader(echo, name), [value]);
  });

  test("passes trailers to other clusters through untouched", async () => {
    const pseudo = { ":path": "/", ":authority": foreign, "x-mock-echo": "1" };
    const trailers = { "x-sum": "1" };
    const request = { headers: pseudo, pieces: ["a", "b"], trailers };
    const answer = await exchangeH2(gateway().port, request);
    assert.deepEqual(echoOf(answer).trailers, [["x-sum", "1"]]);
  });

  test("passes answers from other clusters through untouched", async () => {
    const added = JSON.stringify({ "set-cookie": "a=1", "alt-svc": "clear" });
    const request = head(foreign, {
      method: "GET",
      headers: [echoing, ["x-mock-response-headers", added]],
    });
    const answer = await exchangeRaw(gateway().port, [request]);
    const names = answer.headers.map(([name]) => name);
    assert.ok(names.includes("set-cookie") && names.includes("alt-svc"), names.join());
  });
};

const options = { plugin, env, virtualHosts, otherHosts: [foreign] };
onEachEnvoy("providers", options, judgeProviders, leaveAlone);
