// What the mock provider refuses, and how: with OpenAI's status and error object.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Mock, startMock } from "../../src/mock/server.ts";

let mock: Mock;

before(async () => {
  mock = await startMock();
});
after(() => mock.close());

interface ErrorBody {
  error: { message: string; type: string; param: string | null; code: string | null };
}

async function refusal(path: string, body: string | Uint8Array, method = "POST") {
  const request = method === "GET" ? { method } : { method, body };
  const response = await fetch(mock.url + path, request);
  const { error } = (await response.json()) as ErrorBody;
  assert.deepEqual(Object.keys(error).sort(), ["code", "message", "param", "type"]);
  return { status: response.status, ...error, headers: response.headers };
}

const chat = "/v1/chat/completions";

test("answers 404 to a path that is no endpoint", async () => {
  assert.equal((await refusal("/v1/other", "{}")).status, 404);
});

test("answers 405 to another method, and says which is allowed", async () => {
  const { status, headers } = await refusal(chat, "", "GET");
  assert.equal(status, 405);
  assert.equal(headers.get("allow"), "POST");
  assert.equal((await refusal("/v1/models", "{}")).status, 405);
});

for (const body of ["", "{", "[]", "null", '{"model":"m"}x', new Uint8Array([0x22, 0xff, 0x22])]) {
  test(`answers 400 to a body that is no JSON object: ${String(body)}`, async () => {
    const { status, message } = await refusal(chat, body);
    assert.equal(status, 400);
    assert.match(message, /could not parse the JSON body/);
  });
}

test("answers 400 where the model is missing", async () => {
  for (const path of [chat, "/v1/completions", "/v1/embeddings", "/v1/responses"]) {
    const { status, message } = await refusal(path, '{"messages":[{}]}');
    assert.equal(status, 400);
    assert.equal(message, "you must provide a model parameter");
  }
});

test("answers 400 where messages are missing, empty or no objects", async () => {
  const missing = await refusal(chat, '{"model":"m"}');
  assert.equal(missing.code, "missing_required_parameter");
  assert.equal(missing.param, "messages");
  for (const messages of ["[]", '"hi"', '["hi"]']) {
    assert.equal((await refusal(chat, `{"model":"m","messages":${messages}}`)).status, 400);
  }
});

test("answers 400 to stream_options without stream", async () => {
  const options = '"stream_options":{"include_usage":true}';
  const request = (stream: string) =>
    `{"model":"m","messages":[{"content":"a"}],${stream}${options}}`;
  assert.equal((await refusal(chat, request(""))).param, "stream_options");
  assert.equal((await refusal(chat, request('"stream":false,'))).status, 400);
});

test("lets every key in where it was given none", async () => {
  const response = await fetch(`${mock.url}/any/prefix/models`);
  assert.equal(response.status, 200);
});

test("answers 400 to a directive that it can't read", async () => {
  for (const header of ["status", "echo", "delay-ms", "chunk-bytes", "response-headers", "abort"]) {
    const response = await fetch(mock.url, { headers: { [`x-mock-${header}`]: "no" } });
    assert.equal(response.status, 400);
    assert.match(await response.text(), new RegExp(`x-mock-${header}`));
  }
});
