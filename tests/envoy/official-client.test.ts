// The official client through Envoy and the filter. They are transparent to it, except that its own
// key and model have no effect.
import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";
import { type DefineTests, onEachEnvoy } from "../support/each-envoy.ts";
import type { Gateway } from "../support/gateway.ts";
import { pluginConfig, provider } from "../support/plugin-providers.ts";

const host = "api.example";
const key = "sk-right";
const plugin = pluginConfig([
  provider(host, {
    path: "/v1/chat/completions",
    settings: {
      apiKey: "${KEY}",
      members: [
        { name: "temperature", default: "0.7" },
        { name: "max_tokens", limit: "3", group: "tokens" },
        { name: "max_completion_tokens", limit: "3", group: "tokens" },
      ],
      models: { allow: ["gpt-*", "text-*"], aliases: { fast: "gpt-4o-mini" } },
    },
  }),
]);
const options = { plugin, env: { KEY: key }, mock: { apiKey: key } };

function clientOf({ envoy }: Gateway): OpenAI {
  return new OpenAI({ baseURL: `${envoy.url}/v1`, apiKey: "sk-any", maxRetries: 0 });
}

const messages = [{ role: "user" as const, content: "hello world, how are you" }];

const answer: DefineTests = (gateway) => {
  test("answers a chat with the model that an alias names", async () => {
    const chat = await clientOf(gateway()).chat.completions.create({ model: "fast", messages });
    assert.equal(chat.choices[0]?.message.content, "You said: hello world, how are you");
    assert.equal(chat.model, "gpt-4o-mini");
  });

  test("streams if the client asks for it, with usage", async () => {
    const stream = await clientOf(gateway()).chat.completions.create({
      model: "gpt-4",
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
    assert.equal(text, "You said: hello world, how are you");
    assert.equal(typeof chunks.at(-1)?.usage?.total_tokens, "number");
  });

  test("clamps the client's number of tokens, by either name", async () => {
    const { completions } = clientOf(gateway()).chat;
    for (const bound of [{ max_tokens: 100 }, { max_completion_tokens: 100 }]) {
      const chat = await completions.create({ model: "gpt-4", messages, ...bound });
      assert.equal(chat.choices[0]?.message.content, "You said: hello");
      assert.equal(chat.choices[0]?.finish_reason, "length");
    }
  });
};

const answerElsewhere: DefineTests = (gateway) => {
  test("serves the other endpoints", async () => {
    const client = clientOf(gateway());
    const input = "hello";
    const embedding = await client.embeddings.create({ model: "text-embedding-3-small", input });
    assert.ok(embedding.data.length === 1);
    const response = await client.responses.create({ model: "gpt-4", input });
    assert.match(response.output_text, /hello/);
    const models = await client.models.list();
    assert.ok(models.data.length > 0);
  });
};

const fail: DefineTests = (gateway) => {
  test("throws the client's own errors", async () => {
    const client = clientOf(gateway());
    const { completions } = client.chat;
    const refused = completions.create({ model: "o3", messages });
    const param = { status: 403, code: "model_not_allowed", param: "model" };
    await assert.rejects(refused, isError(OpenAI.PermissionDeniedError, param));
    const max_tokens = "5" as unknown as number;
    const bad = completions.create({ model: "gpt-4", messages, max_tokens });
    const invalid = { status: 400, code: "invalid_parameter", param: "max_tokens" };
    await assert.rejects(bad, isError(OpenAI.BadRequestError, invalid));
    const unknown = { status: 404, code: "unknown_endpoint", param: null };
    await assert.rejects(client.files.list(), isError(OpenAI.NotFoundError, unknown));
  });

  test("throws the provider's errors as the provider sent them", async () => {
    const { completions } = clientOf(gateway()).chat;
    const request = (status: number) =>
      completions.create(
        { model: "gpt-4", messages },
        { headers: { "x-mock-status": `${status}` } },
      );
    await assert.rejects(request(429), OpenAI.RateLimitError);
    await assert.rejects(request(401), OpenAI.AuthenticationError);
    await assert.rejects(request(500), OpenAI.InternalServerError);
  });
};

interface Expected {
  status: number;
  code: string;
  param: string | null;
}

function isError(kind: new (...args: never[]) => Error, expected: Expected) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof kind, String(error));
    const { status, code, param } = error as Error & Expected;
    assert.deepEqual({ status, code, param }, expected);
    return true;
  };
}

onEachEnvoy("the official client", options, answer, answerElsewhere, fail);
