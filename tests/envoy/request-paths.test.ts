// The path of a request at the provider. It comes from the configuration. The client's query is
// kept, except for credentials.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type DefineTests, onEachEnvoy } from "../support/each-envoy.ts";
import { exchangeRaw } from "../support/http.ts";
import { pluginConfig, provider } from "../support/plugin-providers.ts";
import { echoing, echoOf, post } from "../support/requests.ts";

const plain = "api.example";
const azure = "azure.example";
const deployment = "/openai/deployments/gpt/chat/completions?api-version=2024-10-21";
const plugin = pluginConfig([provider(plain), provider(azure, { path: deployment })]);
const own = "api-version=2024-10-21";

interface Case {
  host: string;
  sent: string;
  expected: string;
}

const onPlain: [sent: string, expected: string][] = [
  ["/", "/v1/chat/completions"],
  ["/?a=1", "/v1/chat/completions?a=1"],
  ["/chat/completions", "/v1/chat/completions"],
  ["/v1/chat/completions?", "/v1/chat/completions"],
  ["/completions", "/v1/completions"],
  ["/embeddings", "/v1/embeddings"],
  ["/v1/embeddings?b=%20&a=1", "/v1/embeddings?b=%20&a=1"],
  ["/responses", "/v1/responses"],
  ["/v1/images/generations", "/v1/images/generations"],
  ["/v1/chat/completions?a=/files", "/v1/chat/completions?a=/files"],
];
const keys = [
  ...["key=1", "api_key=1", "api-key=1", "access_token=1", "KEY=1", "Api_Key=1", "key"],
  ...["apikey=1", "token=1", "subscription-key=1", "oauth_token=1", "key[]=1", "api.key=1"],
  ...["api+key=1", "key%5Ba%5D=1", "subscription_key=1", "access-token=1"],
  ...["api%2Dkey=1", "%6B%65%79=1", "access%5ftoken=1", "k%65y", "API%2DKEY=1"],
];
const others = ["monkey=1", "keys=1", "key2=1", "api=key", "a=key=1", "k%2565y=1"];
const dropped = keys.flatMap((key): [string, string][] => [
  [`/v1/chat/completions?${key}`, "/v1/chat/completions"],
  [`/v1/embeddings?a=1&${key}&b=2`, "/v1/embeddings?a=1&b=2"],
]);
const kept = others.map((member): [string, string] => [
  `/v1/chat/completions?${member}&key=1`,
  `/v1/chat/completions?${member}`,
]);
const onAzure: [sent: string, expected: string][] = [
  ["/", deployment],
  ["/v1/chat/completions?api-version=1", deployment],
  ["/v1/chat/completions?API%2dversion=1&a=1", `${deployment}&a=1`],
  ["/v1/embeddings?api-key=1&a=1", `/openai/deployments/gpt/embeddings?${own}&a=1`],
  ["/v1/completions", `/openai/deployments/gpt/completions?${own}`],
  ["/openai/deployments/gpt/embeddings", `/openai/deployments/gpt/embeddings?${own}`],
  ["/openai/deployments/gpt/chat/completions", deployment],
];

const cases: Case[] = [
  ...[...onPlain, ...dropped, ...kept].map(([sent, expected]) => ({ host: plain, sent, expected })),
  ...onAzure.map(([sent, expected]) => ({ host: azure, sent, expected })),
];

const placePaths: DefineTests = (gateway) => {
  for (const { host, sent, expected } of cases) {
    test(`sends ${sent} of ${host} to ${expected}`, async () => {
      const request = post(host, "{}", { path: sent, headers: [echoing] });
      assert.equal(echoOf(await exchangeRaw(gateway().port, [request])).path, expected);
    });
  }

  for (const path of [
    ...["/any/chat/completions", "/v2/chat/completions", "/fim/completions", "/beta/completions"],
    ...["/openai/deployments/o3/chat/completions", "/bots/chat/completions", "//chat/completions"],
    ...["/v1/../../admin/chat/completions", "/v1/context/chat/completions", "/v9/embeddings"],
  ]) {
    test(`refuses ${path}, which names something else`, async () => {
      for (const host of [plain, azure]) {
        const answer = await exchangeRaw(gateway().port, [post(host, "{}", { path })]);
        assert.equal(answer.status, 404);
      }
    });
  }

  test("sends models to the provider's base path", async () => {
    const request = `GET /models?key=1&limit=2 HTTP/1.1\r\nhost: ${azure}\r\nx-mock-echo: 1\r\n\r\n`;
    const echo = echoOf(await exchangeRaw(gateway().port, [request]));
    assert.equal(echo.path, `/openai/deployments/gpt/models?${own}&limit=2`);
  });
};

onEachEnvoy("paths", { plugin }, placePaths);
