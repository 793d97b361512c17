// What the official client calls beside chat, through Envoy and the filter: each call reaches the
// provider as the client made it, with the provider's key.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import OpenAI, { AzureOpenAI, toFile } from "openai";
import { recipes } from "../../src/api/recipes.ts";
import { builtInEndpoints, endpointLines, type EndpointName } from "../../src/model/endpoints.ts";
import { onEachEnvoy } from "../support/each-envoy.ts";
import { planOf } from "../support/compile-text.ts";
import { pluginConfig, provider } from "../support/plugin-providers.ts";

const host = "api.example";
const key = "sk-right";
const names = Object.keys(builtInEndpoints) as EndpointName[];
const plugin = pluginConfig([provider(host, { settings: { apiKey: "${KEY}" } })], {
  endpoints: [endpointLines(names)],
});

interface Call {
  call: string;
  key: string | undefined;
  type: string | undefined;
  body: string;
}
const calls: Call[] = [];
const upstream = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const { method = "", url = "", headers } = request;
    const body = Buffer.concat(chunks).toString("latin1");
    const [type] = (headers["content-type"] ?? "").split(";");
    const sent = headers.authorization ?? headers["api-key"]?.toString();
    calls.push({ call: `${method} ${url}`, key: sent, type, body });
    response.setHeader("content-type", "application/json").end('{"id":"x","data":[]}');
  });
}).listen(0, "127.0.0.1");
await once(upstream, "listening");
after(() => void upstream.close());
const { port } = upstream.address() as AddressInfo;

const bytes = Buffer.from("\0\x01{]\xff".repeat(20_000), "latin1");
const file = () => toFile(bytes, "a.bin");
const form = "multipart/form-data";
const json = "application/json";

/** What the client does, and the request that the provider gets for it. */
const expected: [act: (client: OpenAI) => Promise<unknown>, call: string, type: string][] = [
  [(c) => c.models.retrieve("gpt-4o"), "GET /v1/models/gpt-4o", ""],
  [(c) => c.models.retrieve("meta/llama"), "GET /v1/models/meta%2Fllama", ""],
  [(c) => c.responses.retrieve("resp_1"), "GET /v1/responses/resp_1", ""],
  [(c) => c.responses.delete("resp_1"), "DELETE /v1/responses/resp_1", ""],
  [(c) => c.responses.cancel("resp_1"), "POST /v1/responses/resp_1/cancel", ""],
  [(c) => c.responses.inputItems.list("r"), "GET /v1/responses/r/input_items", ""],
  [async (c) => c.files.create({ file: await file(), purpose: "batch" }), "POST /v1/files", form],
  [(c) => c.files.list(), "GET /v1/files", ""],
  [(c) => c.files.content("f"), "GET /v1/files/f/content", ""],
  [(c) => c.files.delete("f"), "DELETE /v1/files/f", ""],
  [
    async (c) => c.audio.transcriptions.create({ file: await file(), model: "whisper-1" }),
    "POST /v1/audio/transcriptions",
    form,
  ],
  [
    (c) => c.audio.speech.create({ input: "x", model: "tts-1", voice: "alloy" }),
    "POST /v1/audio/speech",
    json,
  ],
  [
    async (c) => c.images.edit({ image: await file(), prompt: "x", model: "gpt-image-1" }),
    "POST /v1/images/edits",
    form,
  ],
  [(c) => c.moderations.create({ input: "x" }), "POST /v1/moderations", json],
  [
    (c) =>
      c.batches.create({
        ...{ completion_window: "24h", endpoint: "/v1/chat/completions", input_file_id: "f" },
      }),
    "POST /v1/batches",
    json,
  ],
  [(c) => c.batches.cancel("b"), "POST /v1/batches/b/cancel", ""],
];

onEachEnvoy(
  "the official client",
  { plugin, env: { KEY: key }, upstreams: { [host]: port } },
  (gateway) => {
    for (const [act, call, type] of expected) {
      test(`calls ${call}`, async () => {
        const baseURL = `${gateway().envoy.url}/v1`;
        const options = { organization: "org-client", project: "client" };
        await act(new OpenAI({ baseURL, apiKey: "sk-any", maxRetries: 0, ...options }));
        const received = calls.at(-1);
        assert.deepEqual([received?.call, received?.key], [call, `Bearer ${key}`]);
        if (type !== "") assert.equal(received?.type, type);
        if (type === form) assert.ok(received?.body.includes(bytes.toString("latin1")));
      });
    }

    test("gets OpenAI's error for an endpoint that is not served", async () => {
      const before = calls.length;
      const baseURL = `${gateway().envoy.url}/v1`;
      const client = new OpenAI({ baseURL, apiKey: "sk-any", maxRetries: 0 });
      await assert.rejects(client.vectorStores.list(), {
        ...{ status: 404, code: "unknown_endpoint" },
      });
      assert.equal(calls.length, before);
    });
  },
);

// The recipe of docs/providers.md for clients that put the deployment into the path.
const azure = "deployed.openai.azure.com";
const [deployed] = planOf(recipes.find((each) => each.host === azure)?.text ?? "").providers;
const deployments = provider(azure, {
  path: deployed!.path,
  settings: { ...deployed!.settings, apiKey: "${KEY}" },
});

onEachEnvoy(
  "Azure's client",
  {
    plugin: pluginConfig([deployments], { endpoints: [deployed!.endpoints] }),
    ...{ env: { KEY: key }, upstreams: { [azure]: port } },
  },
  (gateway) => {
    test("calls deployments that are listed, and no other", async () => {
      const chat = (deployment: string) =>
        new AzureOpenAI({
          ...{ endpoint: gateway().envoy.url, deployment, apiVersion: "2023-05-15" },
          ...{ apiKey: "any", maxRetries: 0 },
        }).chat.completions.create({ model: "m", messages: [] });
      for (const deployment of ["gpt-4o", "gpt-4o-mini"]) {
        await chat(deployment);
        const path = `/openai/deployments/${deployment}/chat/completions?api-version=2024-10-21`;
        assert.deepEqual([calls.at(-1)?.call, calls.at(-1)?.key], [`POST ${path}`, key]);
      }
      const before = calls.length;
      await assert.rejects(chat("o3"), { status: 404 });
      assert.equal(calls.length, before);
    });
  },
);
