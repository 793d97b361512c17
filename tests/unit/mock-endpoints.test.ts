// What the mock provider serves beside OpenAI's chat. tests/envoy/clients.test.ts has the clients.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Files, maxFiles } from "../../src/mock/files.ts";
import { maxBodyBytes } from "../../src/mock/body.ts";
import { type Mock, startMock } from "../../src/mock/server.ts";

let mock: Mock;

before(async () => {
  mock = await startMock({ apiKey: "sk-right" });
});
after(() => mock.close());

const authorization = "Bearer sk-right";

async function post(path: string, body: object | FormData, headers: object = { authorization }) {
  const sent = body instanceof FormData ? body : JSON.stringify(body);
  const response = await fetch(mock.url + path, {
    method: "POST",
    body: sent,
    headers: { ...headers },
  });
  return { status: response.status, text: await response.text() };
}

async function answer<Value>(path: string, body: object | FormData): Promise<Value> {
  const { status, text } = await post(path, body);
  assert.equal(status, 200, text);
  return JSON.parse(text) as Value;
}

const messages = [{ content: "be kind" }, { content: [{ type: "text", text: "hello world" }] }];

test("a message counts all but the last as read from the cache", async () => {
  const request = { model: "m", max_tokens: 3, system: "one two", messages };
  const { usage, ...message } = await answer<Record<string, unknown>>("/v1/messages", request);
  assert.deepEqual(message["content"], [{ type: "text", text: "You said: hello" }]);
  assert.equal(message["stop_reason"], "max_tokens");
  assert.deepEqual(usage, {
    ...{ input_tokens: 5, cache_creation_input_tokens: 0, cache_read_input_tokens: 5 + 2 },
    output_tokens: 3,
  });
  const counted = await answer("/v1/messages/count_tokens", request);
  assert.deepEqual(counted, { input_tokens: 12 });
});

test("a message that lacks something is 400 with Anthropic's error", async () => {
  for (const request of [
    { max_tokens: 1, messages },
    { model: "m", max_tokens: 1, messages: [] },
    { model: "m", messages },
  ]) {
    const { status, text } = await post("/v1/messages", request);
    assert.equal(status, 400);
    assert.match(text, /^\{"type":"error","error":\{"type":"invalid_request_error",/);
  }
});

test("documents are ranked by the words of the query that they have", async () => {
  const documents = ["a cat", "a dog and a cat", { text: "a dog" }];
  const request = { model: "m", query: "dog cat", documents, top_n: 2 };
  const { results, meta } = await answer<Record<string, unknown>>("/v2/rerank", request);
  assert.deepEqual(results, [
    { index: 1, relevance_score: 1 },
    { index: 0, relevance_score: 0.5 },
  ]);
  assert.deepEqual(meta, { billed_units: { search_units: 1 } });
});

test("Ollama's chat is lines of JSON, up to num_predict", async () => {
  const request = { model: "m", messages, options: { num_predict: 3 } };
  const { text } = await post("/api/chat", request);
  const lines = text.trimEnd().split("\n");
  const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(parsed.length, 3 + 1);
  assert.deepEqual(
    parsed.map(({ done }) => done),
    [false, false, false, true],
  );
  assert.equal(parsed[3]?.["done_reason"], "length");
  assert.deepEqual([parsed[3]?.["prompt_eval_count"], parsed[3]?.["eval_count"]], [10, 3]);
});

test("Gemini's stream is events with alt=sse, or else a list", async () => {
  const contents = [{ role: "user", parts: [{ text: "hello" }] }];
  const path = "/v1beta/models/gemini-m:streamGenerateContent";
  const listed = await answer<object[]>(path, { contents });
  assert.equal(listed.length, 3);
  const { text } = await post(`${path}?alt=sse`, { contents });
  assert.equal(text.match(/^data: \{.*"usageMetadata"/gm)?.length, 3);
  assert.match(text, /"finishReason":"STOP"/);
});

test("a transcription is about the file, as JSON or as text", async () => {
  const fields = new FormData();
  fields.set("file", new File(["12345"], "a.wav"));
  const path = "/v1/audio/transcriptions";
  assert.match((await post(path, fields)).text, /you must provide a model/);
  fields.set("model", "m");
  const { text } = await answer<{ text: string }>(path, fields);
  assert.equal(text, "a.wav has 5 bytes.");
  fields.set("response_format", "text");
  assert.equal((await post(path, fields)).text, "a.wav has 5 bytes.\n");
  assert.equal((await post(path, { model: "m" })).status, 400);
});

test("a file that does not exist is 404", async () => {
  for (const [method, path] of [
    ["GET", "/v1/files/file-1"],
    ["GET", "/v1/files/file-1/content"],
    ["DELETE", "/v1/files/file-1"],
  ] as const) {
    const { status } = await fetch(mock.url + path, { method, headers: { authorization } });
    assert.equal(status, 404);
  }
});

test("the oldest files are removed above the bounds", () => {
  const ids = (files: Files) => files.list().map(({ object }) => object.id);
  const many = new Files();
  for (let index = 0; index <= maxFiles; index += 1) {
    many.add({ object: { id: String(index), bytes: 0 }, content: Buffer.alloc(0) });
  }
  assert.deepEqual([many.list().length, ids(many)[0]], [maxFiles, "1"]);
  const large = new Files();
  const content = Buffer.alloc(maxBodyBytes / 2);
  for (const id of ["a", "b", "c"]) large.add({ object: { id, bytes: content.length }, content });
  assert.deepEqual(ids(large), ["b", "c"]);
  large.delete("b");
  large.add({ object: { id: "d", bytes: content.length }, content });
  assert.deepEqual(ids(large), ["c", "d"]);
});

test("the key may be in any header of a provider, but only in one", async () => {
  const status = async (headers: object) =>
    (await post("/v1/moderations", { input: "x" }, headers)).status;
  assert.equal(await status({ "x-api-key": "sk-right" }), 200);
  assert.equal(await status({ "x-goog-api-key": "sk-right" }), 200);
  assert.equal(await status({ "x-api-key": "sk-wrong" }), 401);
  assert.equal(await status({ "x-api-key": "sk-right", authorization }), 401);
  assert.equal(await status({}), 401);
});

test("a reply is JSON if the client requests it", async () => {
  const response_format = { type: "json_object" };
  const chat = await answer<{ choices: { message: { content: string } }[] }>(
    "/v1/chat/completions",
    { model: "m", messages, response_format },
  );
  assert.equal(chat.choices[0]?.message.content, '{"said":"hello world"}');
});
