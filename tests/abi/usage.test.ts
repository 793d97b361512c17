// Token usage, read from answers in every format and for every split. The answers are forwarded
// unchanged.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  chatChunk,
  jsonAnswers,
  responsesEnd,
  type SampleAnswer,
  sse,
  streamedAnswers,
  usageChunk,
} from "../support/answers.ts";
import { hostOf, send } from "../support/filter-host.ts";
import { everySplit, singleBytes } from "../support/splits.ts";
import type { WasmStream } from "../support/wasm-host.ts";

const host = hostOf();
const fields = [
  "asm.llmproxy.request_prompt_tokens",
  "asm.llmproxy.request_completion_tokens",
  "llm_egress.cached_tokens",
  "llm_egress.reasoning_tokens",
];

interface Reply {
  contentType: string;
  chunks: readonly Buffer[];
  headers?: Record<string, string>;
  path?: string;
}

function answer({ contentType, chunks, headers = {}, path = "/" }: Reply): WasmStream {
  const stream = send(host, { headers: { ":path": path } });
  const all = { ":status": "200", "content-type": contentType, ...headers };
  stream.response(Object.entries(all), chunks.length === 0);
  for (const [index, chunk] of chunks.entries()) {
    stream.responseBody(chunk, index === chunks.length - 1);
  }
  stream.end();
  return stream;
}

function tokensOf(stream: WasmStream): (number | undefined)[] {
  return fields.map((field) => {
    const text = stream.filterState.get(field);
    return text === undefined ? undefined : Number(text);
  });
}

function assertTokens({ name, contentType, text, tokens }: SampleAnswer): void {
  const bytes = Buffer.from(text);
  const expected = fields.map((_, index) => tokens[index]);
  for (const chunks of [singleBytes(bytes), ...everySplit(bytes)]) {
    const stream = answer({ contentType, chunks });
    const where = `${name}, cut at ${chunks[0]?.length}`;
    assert.deepEqual(tokensOf(stream), expected, where);
    assert.equal(stream.returnedText, text, where);
  }
}

describe("a whole answer's usage", () => {
  for (const each of jsonAnswers) it(`is read: ${each.name}`, () => assertTokens(each));

  it("is read after a megabyte of numbers and text", () => {
    const embedding = JSON.stringify(Array.from({ length: 40_000 }, (_, i) => Math.sin(i)));
    const content = JSON.stringify('{"usage":{"prompt_tokens":1}} \\ " 你好 '.repeat(6000));
    const text = `{"data":[{"embedding":${embedding}},${content}],"usage":{"prompt_tokens":8}}`;
    const bytes = Buffer.from(text);
    const chunks = Array.from({ length: Math.ceil(bytes.length / 16_384) }, (_, i) =>
      bytes.subarray(i * 16_384, (i + 1) * 16_384),
    );
    assert.deepEqual(tokensOf(answer({ contentType: "application/json", chunks }))[0], 8);
  });
});

describe("a streamed answer's usage", () => {
  for (const each of streamedAnswers) it(`is read: ${each.name}`, () => assertTokens(each));

  const sample = streamedAnswers[0]!;
  const forms: [string, (text: string) => string][] = [
    ["CRLF", (text) => text.replaceAll("\n", "\r\n")],
    ["CR", (text) => text.replaceAll("\n", "\r")],
    ["no space after the colon", (text) => text.replaceAll("data: ", "data:")],
    ["comments and other fields", (text) => text.replaceAll("data", ": data: {\nid: 1\ndata")],
    ["a last event without a blank line", (text) => text.replace("data: [DONE]\n\n", "").trimEnd()],
    ["a byte order mark", (text) => "\ufeff" + text],
    ["several lines of data", (text) => text.replaceAll(",", ",\ndata: ")],
    ["lines of data that end with a number", (text) => text.replaceAll("}", "\ndata: }")],
    ["events with incomplete JSON", (text) => `data: {"a":["\n\n${text}data: {"a":{"x":1`],
    [
      "fields with names similar to data",
      (text) => text.replaceAll("data", "datas: {\ndat: {\ndata\ndata"),
    ],
  ];
  for (const [name, form] of forms) {
    it(`is read with ${name}`, () => assertTokens({ ...sample, name, text: form(sample.text) }));
  }

  it("is read for any parameters and case of the media type", () => {
    for (const contentType of ["text/event-stream; charset=utf-8", "Text/Event-Stream;x=y"]) {
      assertTokens({ ...sample, contentType });
    }
  });
});

describe("the usage is unknown", () => {
  const { text } = jsonAnswers[0]!;
  const chunks = [Buffer.from(text)];
  const unknown = fields.map(() => undefined);

  it("if the answer is compressed, of another type or not successful", () => {
    const contentType = "application/json";
    const replies: Reply[] = [
      { contentType, chunks, headers: { "content-encoding": "gzip" } },
      { contentType: "text/plain", chunks },
      { contentType: "application/jsonp", chunks },
      { contentType, chunks, headers: { ":status": "429" } },
      { contentType, chunks: [] },
    ];
    for (const reply of replies) {
      const stream = answer(reply);
      assert.deepEqual(tokensOf(stream), unknown, JSON.stringify(reply.headers ?? reply));
      assert.equal(stream.returnedText, reply.chunks.length === 0 ? "" : text);
    }
  });

  it("if the answer ends before the usage, or within a number", () => {
    const cut = text.indexOf("19,") + 1;
    const stream = send(host);
    stream.response(Object.entries({ ":status": "200", "content-type": "application/json" }));
    stream.responseBody(text.slice(0, cut));
    stream.end();
    assert.deepEqual(tokensOf(stream), unknown);
  });
});

describe("an error within a stream", () => {
  const contentType = "text/event-stream";
  const streams: [string, string][] = [
    ["OpenAI's", sse(chatChunk("a"), { error: { message: "x" } })],
    ["text", sse({ error: "overloaded" })],
    ["Responses'", sse({ type: "error", code: "server_error", message: "x" })],
    ["event: error", 'event: error\ndata: {"code":"InternalError","message":"a failure"}\n\n'],
    ["event:error", "event:error\r\ndata: x\r\n\r\n"],
    ["a field of its own", sse(chatChunk("a")) + 'error: {"code":500,"message":"x"}\n\n'],
    ["a failed response without an error", responsesEnd("failed")],
    ["a failed response", responsesEnd("failed").replace('"error":null', '"error":{"code":1}')],
  ];
  for (const [name, text] of streams) {
    it(`makes the outcome a provider error: ${name}`, () => {
      for (const chunks of everySplit(Buffer.from(text))) {
        const stream = answer({ contentType, chunks });
        assert.equal(stream.filterState.get("llm_egress.outcome"), "provider_error");
        assert.equal(stream.returnedText, text);
      }
    });
  }

  it("is distinguished from an error of null and from one in a nested member", () => {
    const text =
      ": error\nevent: errors\n" +
      sse({ error: null, choices: [{ message: { error: "x" }, type: "error" }] }, usageChunk(null));
    const stream = answer({ contentType, chunks: [Buffer.from(text)] });
    assert.equal(stream.filterState.get("llm_egress.outcome"), "ok");
  });
});

const outcomeOf = (value: unknown, chunks?: readonly Buffer[]) => {
  const stream = answer({
    contentType: "application/json",
    chunks: chunks ?? [Buffer.from(JSON.stringify(value))],
  });
  return stream.filterState.get("llm_egress.outcome");
};

const choice = { index: 0, message: { content: "" } };
const errors: [string, unknown][] = [
  ["an error", { error: { message: "x" } }],
  ["an object", { object: "error", message: "boom", type: "BadRequestError", code: 400 }],
  ["Baidu's code", { error_code: 17, error_msg: "x" }],
  ["a code that is text", { error_code: "quota", error_msg: "x" }],
  ["a choice's finish_reason", { choices: [{ ...choice, finish_reason: "error" }] }],
  ["a choice's error", { choices: [choice, { error: { code: 502, message: "x" } }] }],
  ["DashScope's", { code: "InvalidApiKey", message: "x", request_id: "1" }],
  ["DashScope's with a number", { request_id: "1", code: 500, message: "x" }],
  ["MiniMax's", { id: "1", choices: null, base_resp: { status_code: 1004, status_msg: "x" } }],
];
const others: unknown[] = [
  { error: null, error_code: 0, choices: [{ ...choice, finish_reason: "stop", error: null }] },
  { code: "", message: "x", request_id: "1" },
  { code: 200, message: "success", request_id: "1" },
  { code: "x", message: "x" },
  { code: "x", message: "x", request_id: "1", usage: {} },
  { code: "x", message: "x", request_id: "1", choices: [choice] },
  { base_resp: { status_code: 0, status_msg: "success" }, status_code: 7 },
  {
    choices: [{ message: { finish_reason: "error", error: "x", base_resp: { status_code: 1 } } }],
  },
];

describe("an error with a status of 200", () => {
  for (const [name, value] of errors) {
    it(`makes the outcome a provider error: ${name}`, () => {
      for (const chunks of everySplit(Buffer.from(JSON.stringify(value)))) {
        assert.equal(outcomeOf(value, chunks), "provider_error");
      }
    });
  }

  for (const value of others) {
    it(`is distinguished from ${JSON.stringify(value)}`, () =>
      assert.equal(outcomeOf(value), "ok"));
  }
});

describe("a stream that the client leaves", () => {
  const left = (chunks: readonly Buffer[]) => {
    const stream = send(host);
    stream.response(Object.entries({ ":status": "200", "content-type": "text/event-stream" }));
    for (const chunk of chunks) stream.responseBody(chunk);
    stream.end();
    return stream.filterState.get("llm_egress.outcome");
  };
  const ends: [string, string, string][] = [
    ["[DONE]", sse(chatChunk("a"), "[DONE]"), "ok"],
    ["[DONE] without a space", sse(chatChunk("a"), "[DONE]").replaceAll(": ", ":"), "ok"],
    ["response.completed", responsesEnd("completed"), "ok"],
    ["response.incomplete", responsesEnd("incomplete"), "ok"],
    ["response.failed", responsesEnd("failed"), "provider_error"],
    ["message_stop", sse({ type: "message_delta" }, { type: "message_stop" }), "ok"],
    ["an error and [DONE]", sse({ error: { message: "x" } }, "[DONE]"), "provider_error"],
    ["another text", sse(chatChunk("a"), "[DONE", "[ DONE]", "[DON]", '["DONE"]'), "client_closed"],
    ["another type", sse({ type: "response.created" }, { x: "message_stop" }), "client_closed"],
  ];
  for (const [name, text, outcome] of ends) {
    it(`is ${outcome} after ${name}`, () => {
      const bytes = Buffer.from(text);
      for (const chunks of [singleBytes(bytes), ...everySplit(bytes)]) {
        assert.equal(left(chunks), outcome, `cut at ${chunks[0]?.length}`);
      }
    });
  }
});
