// The mock provider as the official client sees it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import OpenAI from "openai";
import { type Mock, startMock } from "../../src/mock/server.ts";

let mock: Mock;
let client: OpenAI;

before(async () => {
  mock = await startMock({ apiKey: "sk-right" });
  client = new OpenAI({ baseURL: `${mock.url}/v1`, apiKey: "sk-right", maxRetries: 0 });
});
after(() => mock.close());

const hello = {
  model: "some-model",
  messages: [{ role: "user" as const, content: "hello world" }],
};

test("answers a chat with what was said, the model and its usage", async () => {
  const chat = await client.chat.completions.create(hello);
  assert.equal(chat.choices[0]?.message.content, "You said: hello world");
  assert.equal(chat.choices[0]?.finish_reason, "stop");
  assert.equal(chat.model, "some-model");
  assert.equal(chat.usage?.prompt_tokens, 3 + 2);
  assert.equal(chat.usage?.completion_tokens, 4);
  assert.equal(chat.usage?.total_tokens, 9);
});

test("stops at the client's bound on tokens", async () => {
  const chat = await client.chat.completions.create({ ...hello, max_completion_tokens: 3 });
  assert.equal(chat.choices[0]?.message.content, "You said: hello");
  assert.equal(chat.choices[0]?.finish_reason, "length");
  assert.equal(chat.usage?.completion_tokens, 3);
});

test("counts earlier messages as cached and an effort as reasoning", async () => {
  const messages = [{ role: "system" as const, content: "be kind" }, ...hello.messages];
  const chat = await client.chat.completions.create({
    model: "m",
    messages,
    reasoning_effort: "low",
  });
  assert.equal(chat.usage?.prompt_tokens_details?.cached_tokens, 5);
  assert.equal(chat.usage?.completion_tokens_details?.reasoning_tokens, 5);
  assert.equal(chat.usage?.completion_tokens, 4 + 5);
});

test("streams a word a chunk, and the usage last where it was asked for", async () => {
  const stream = await client.chat.completions.create({
    ...hello,
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
  assert.equal(text, "You said: hello world");
  assert.equal(chunks.length, 1 + 4 + 1 + 1);
  assert.deepEqual(chunks.at(-1)?.choices, []);
  assert.equal(chunks.at(-1)?.usage?.total_tokens, 9);
  assert.ok(chunks.slice(0, -1).every((chunk) => chunk.usage === null));
});

test("streams no usage where none was asked for", async () => {
  const stream = await client.chat.completions.create({ ...hello, stream: true });
  for await (const chunk of stream) {
    assert.equal(chunk.usage, undefined);
    assert.equal(chunk.choices.length, 1);
  }
});

test("answers legacy completions, streamed and not", async () => {
  const request = { model: "m", prompt: "a b" };
  const whole = await client.completions.create(request);
  assert.equal(whole.choices[0]?.text, "You said: a b");
  assert.equal(whole.usage?.prompt_tokens, 2);
  let streamed = "";
  for await (const chunk of await client.completions.create({ ...request, stream: true })) {
    streamed += chunk.choices[0]?.text ?? "";
  }
  assert.equal(streamed, "You said: a b");
});

test("gives the same vector as numbers and as base64, and another for another input", async () => {
  const request = { model: "m", input: ["one", "two"], dimensions: 8 };
  const asFloat = await client.embeddings.create({ ...request, encoding_format: "float" });
  // The client asks for base64 where nothing is asked for, and decodes it.
  const asBase64 = await client.embeddings.create(request);
  assert.equal(asFloat.data[0]?.embedding.length, 8);
  assert.deepEqual(asBase64.data[0]?.embedding, asFloat.data[0]?.embedding);
  assert.notDeepEqual(asFloat.data[0]?.embedding, asFloat.data[1]?.embedding);
  assert.equal(asFloat.usage.prompt_tokens, 2);
});

test("lists its models", async () => {
  const models = await client.models.list();
  assert.deepEqual(
    models.data.map((model) => model.id),
    ["mock-large", "mock-small"],
  );
});

test("answers the Responses API, streamed and not", async () => {
  const whole = await client.responses.create({ model: "m", input: "hi" });
  assert.equal(whole.output_text, "You said: hi");
  assert.equal(whole.usage?.output_tokens, 3);
  const stream = await client.responses.create({ model: "m", input: "hi", stream: true });
  const events = [];
  for await (const event of stream) events.push(event);
  const deltas = events.map((event) =>
    event.type === "response.output_text.delta" ? event.delta : "",
  );
  assert.equal(deltas.join(""), "You said: hi");
  assert.equal(events.at(-1)?.type, "response.completed");
});

test("draws as many images as were asked for", async () => {
  const images = await client.images.generate({ model: "m", prompt: "a cat", n: 2 });
  assert.equal(images.data?.length, 2);
  assert.match(images.data?.[0]?.b64_json ?? "", /^iVBOR/);
});

test("refuses a wrong key with AuthenticationError, and does not repeat it", async () => {
  const wrong = new OpenAI({ baseURL: `${mock.url}/v1`, apiKey: "sk-wrong", maxRetries: 0 });
  await assert.rejects(wrong.chat.completions.create(hello), (error) => {
    assert.ok(error instanceof OpenAI.AuthenticationError);
    assert.equal(error.code, "invalid_api_key");
    assert.doesNotMatch(error.message, /sk-wrong/);
    return true;
  });
});

test("lets the client stop a stream", async () => {
  const stream = await client.chat.completions.create(
    { ...hello, stream: true },
    { headers: { "x-mock-pause-ms": "50" } },
  );
  for await (const chunk of stream) {
    assert.ok(chunk.id.startsWith("chatcmpl-"));
    break;
  }
});
