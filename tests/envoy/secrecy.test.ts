// Keys and bodies are not in any log line of the filter at any level, nor in Envoy's own log lines
// at info and above. Keys from the environment are not in Envoy's configuration dump.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { exchangeH2 } from "../support/h2c.ts";
import { exchangeRaw } from "../support/http.ts";
import { pluginConfig, provider } from "../support/plugin-providers.ts";
import { chunked, post } from "../support/requests.ts";

const host = "api.example";
const broken = "broken.example";
const key = "sk-secret-of-ours";
const clientKey = "sk-secret-of-the-client";
const words = "words-of-the-client";
const model = "model-of-the-client";
const secrets = [key, clientKey, words, model];
const members = [
  { name: "max_tokens", limit: "100" },
  { name: "temperature", default: "0.7" },
];
const plugin = pluginConfig([
  provider(host, {
    settings: { apiKey: "${KEY}", members, models: { allow: ["gpt-*"] }, maxRequestBytes: 10_000 },
  }),
  provider(broken, { settings: { apiKey: "${BROKEN}" } }),
]);
const env = { KEY: key, BROKEN: `${key}\u0001` };

/** Makes requests that are served, and at least one request for each kind of refusal. */
async function exerciseAll({ port, mock }: Gateway): Promise<void> {
  const headers: [string, string][] = [["authorization", `Bearer ${clientKey}`]];
  const bodies = [
    `{"model":"gpt-4","user":"${words}"}`,
    `{"model":"gpt-4","user":"${words}"`,
    `{"model":"${model}","user":"${words}"}`,
    `{"user":"${words}","max_tokens":"${words}"}`,
    `{"user":"${words}","model":"gpt-4","model":"gpt-4"}`,
    `{"user":"${words}","a":${"[".repeat(600)}`,
    `{"user":"${words}${"x".repeat(20_000)}"}`,
    `${words}`,
    "",
  ];
  for (const body of bodies) {
    await exchangeRaw(port, [post(host, body, { headers })]);
    await exchangeRaw(
      port,
      chunked(host, [body.slice(0, 20), body.slice(20)].filter(Boolean), { headers }),
    );
    const h2 = { ":path": "/v1/chat/completions", ":authority": host, authorization: clientKey };
    await exchangeH2(port, { headers: h2, pieces: [body], trailers: { "x-sum": clientKey } });
  }
  const query = `?key=${clientKey}`;
  const path = `/v1/${words}${query}`;
  await exchangeRaw(port, [post(host, `{"a":"${words}"}`, { path, headers })]);
  await exchangeRaw(port, [post(host, `{"a":"${words}"}`, { path, method: "PUT", headers })]);
  await exchangeRaw(port, [post(`${words}.example`, `{"a":"${words}"}`, { headers })]);
  await exchangeRaw(port, [post(broken, `{"a":"${words}"}`, { headers })]);
  const echoed: [string, string] = ["x-mock-response-headers", `{"x-key":"${key}"}`];
  await exchangeRaw(port, [post(host, "{}", { headers: [...headers, echoed] })]);
  assert.ok(mock.stats.complete > 0);
}

function assertSecret(text: string): void {
  for (const secret of secrets) {
    const at = text.indexOf(secret);
    assert.equal(at, -1, text.slice(at - 500, at + 100));
  }
}

describe("at info", () => {
  let gateway: Gateway;
  before(async () => {
    gateway = await startGateway({ plugin, env });
    await exerciseAll(gateway);
  });
  after(() => gateway.close());

  test("logs no key and no body", () => {
    const { envoy } = gateway;
    assert.match(envoy.logs(), /llm-egress: test\/broken\.example answers 503: .* not printable/);
    assertSecret(envoy.logs());
  });

  test("keeps keys from the environment out of the configuration dump", async () => {
    const dump = JSON.stringify(await gateway.envoy.configDump());
    assert.match(dump, /\$\{KEY\}/);
    assertSecret(dump);
  });

  test("keeps keys out of the metrics", async () => {
    assertSecret(await gateway.envoy.prometheus());
  });
});

describe("at debug, and at trace for Wasm", () => {
  let gateway: Gateway;
  before(async () => {
    gateway = await startGateway({ plugin, env, logLevel: "debug" });
    const url = `http://127.0.0.1:${gateway.envoy.adminPort}/logging?wasm=trace`;
    await fetch(url, { method: "POST" });
    await exerciseAll(gateway);
  });
  after(() => gateway.close());

  test("logs no key and no body in any line about the filter", () => {
    const lines = gateway.envoy.logs().split("\n");
    const ours = lines.filter((line) => /\[wasm\]|llm-egress/.test(line));
    assert.ok(ours.some((line) => line.includes("[trace][wasm]")));
    assertSecret(ours.join("\n"));
  });
});
