// The request headers that the provider receives: the gateway's credential only, and nothing that
// is private to the client or the mesh.
import assert from "node:assert/strict";
import { test } from "node:test";
import { removedHeaderPrefixes, removedHeaders } from "../../contract/edited-headers.ts";
import { type DefineTests, onEachEnvoy } from "../support/each-envoy.ts";
import { exchangeH2 } from "../support/h2c.ts";
import { exchangeRaw } from "../support/http.ts";
import { pluginConfig, provider, settings } from "../support/plugin-providers.ts";
import { echoedHeader, echoing, echoOf, post } from "../support/requests.ts";

const bearer = "api.example";
const azure = "azure.example";
const keyless = "keyless.example";
const plugin = pluginConfig([
  provider(bearer, { settings: { apiKey: "${KEY}" } }),
  provider(azure, { settings: { apiKey: "sk-azure", authHeader: "api-key", authPrefix: "" } }),
  {
    ...provider(keyless),
    settings: settings({ authHeader: "x-vllm-key" }),
  },
]);
const env = { KEY: " sk-from-env\n" };

const steering = [
  "x-envoy-retry-on",
  "x-envoy-upstream-rq-timeout-ms",
  "x-envoy-peer-metadata",
  "x-envoy-original-path",
  "x-envoy-decorator-operation",
  "x-envoy-force-trace",
];
// The credential headers of all providers are removed for every provider.
const unwanted = [...removedHeaders, ...steering, "x-vllm-key"];

function twice(names: string[]): [string, string][] {
  return names.flatMap((name): [string, string][] => [
    [name, "of-the-client-1"],
    [name.toUpperCase(), "of-the-client-2"],
  ]);
}

const credentials: Record<string, Record<string, string[]>> = {
  [bearer]: { authorization: ["Bearer sk-from-env"] },
  [azure]: { "api-key": ["sk-azure"] },
  [keyless]: {},
};

const removeHeaders: DefineTests = (gateway) => {
  for (const [host, expected] of Object.entries(credentials)) {
    test(`sends ${host} only its own credential, and none of the client's`, async () => {
      const headers: [string, string][] = [echoing, ...twice(unwanted)];
      const answer = await exchangeRaw(gateway().port, [post(host, "{}", { headers })]);
      const echo = echoOf(answer);
      const left = unwanted.map((name) => [name, echoedHeader(echo, name)] as const);
      assert.deepEqual(
        Object.fromEntries(left.filter(([, values]) => values.length > 0)),
        expected,
      );
      assert.doesNotMatch(JSON.stringify(echo.headers), /of-the-client/);
      const steered = echo.headers.filter(([name]) =>
        removedHeaderPrefixes.some((prefix) => name.replaceAll("_", "-").startsWith(prefix)),
      );
      assert.deepEqual(steered, []);
    });
  }

  test("removes an HTTP/2 cookie in several header lines", async () => {
    const pseudo = { ":path": "/v1/chat/completions", ":authority": bearer, "x-mock-echo": "1" };
    const headers = { ...pseudo, cookie: ["a=1", "b=2"], "x-api-key": ["1", "2"] };
    const echo = echoOf(await exchangeH2(gateway().port, { headers, pieces: ["{}"] }));
    assert.deepEqual(echoedHeader(echo, "cookie"), []);
    assert.deepEqual(echoedHeader(echo, "x-api-key"), []);
  });
};

const keepHeaders: DefineTests = (gateway) => {
  test("forwards the client's other headers unchanged", async () => {
    const own: [string, string][] = [
      ["user-agent", "OpenAI/Python 1.0"],
      ["x-stainless-lang", "python"],
      ["idempotency-key", "a-1"],
      ["openai-beta", "assistants=v2"],
      ["anthropic-version", "2023-06-01"],
      ["anthropic-beta", "a-1"],
      ["x-request-id", "00000000-0000-4000-8000-000000000000"],
      ["x-envoyed", "no prefix of ours"],
    ];
    const headers: [string, string][] = [echoing, ...own];
    const echo = echoOf(await exchangeRaw(gateway().port, [post(bearer, "{}", { headers })]));
    for (const [name, value] of own) assert.deepEqual(echoedHeader(echo, name), [value]);
    assert.deepEqual(echoedHeader(echo, "host"), [bearer]);
  });
};

const types: [string, string][][] = [
  [],
  [["content-type", "application/json"]],
  [["content-type", "application/json; charset=utf-16"]],
  [["content-type", "application/x-www-form-urlencoded"]],
  [["content-type", "Application/JSON"]],
  [
    ["content-type", "text/plain"],
    ["content-type", "application/json"],
  ],
];
const setContentType: DefineTests = (gateway) => {
  test("sets the content type to JSON without parameters, no matter what the client sent", async () => {
    for (const lines of types) {
      const headers = [echoing, ...lines];
      const echo = echoOf(await exchangeRaw(gateway().port, [post(bearer, "{}", { headers })]));
      assert.deepEqual(echoedHeader(echo, "content-type"), ["application/json"]);
    }
  });

  test("adds no content type if there is no body", async () => {
    const request = `GET /v1/models HTTP/1.1\r\nhost: ${bearer}\r\nx-mock-echo: 1\r\n\r\n`;
    const echo = echoOf(await exchangeRaw(gateway().port, [request]));
    assert.deepEqual(echoedHeader(echo, "content-type"), []);
    assert.deepEqual(echoedHeader(echo, "authorization"), ["Bearer sk-from-env"]);
  });
};

const readHttp1Forms: DefineTests = (gateway) => {
  test("handles a request that offers h2c as an HTTP/1.1 request", async () => {
    const headers: [string, string][] = [
      echoing,
      ["connection", "Upgrade, HTTP2-Settings"],
      ["upgrade", "h2c"],
      ["http2-settings", "AAMAAABkAARAAAAAAAIAAAAA"],
    ];
    const answer = await exchangeRaw(gateway().port, [post(bearer, "{}", { headers })]);
    assert.equal(echoOf(answer).bodyBytes, 3);
  });

  test("accepts an absolute URL as host and path", async () => {
    const path = `http://${azure}/v1/chat/completions`;
    const answer = await exchangeRaw(gateway().port, [
      post("other.example", "{}", { path, headers: [echoing] }),
    ]);
    const echo = echoOf(answer);
    assert.deepEqual(echoedHeader(echo, "host"), [azure]);
    assert.deepEqual(echoedHeader(echo, "api-key"), ["sk-azure"]);
    assert.equal(echo.path, "/v1/chat/completions");
  });
};

onEachEnvoy("headers", { plugin, env }, removeHeaders, keepHeaders, setContentType, readHttp1Forms);
