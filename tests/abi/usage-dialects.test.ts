// The usage in answers that are not OpenAI's, in one piece and split at every byte.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { endpointLines } from "../../src/model/endpoints.ts";
import { configOf, KEY, send } from "../support/filter-host.ts";
import { WasmHost } from "../support/wasm-host.ts";

const config = configOf();
config.endpoints = [endpointLines([{ path: "/**" }])];
const host = new WasmHost({ config, env: { API_KEY: KEY } });

/** Prompt, completion, cached and reasoning; "-" if unknown. */
function usageOf(type: string, pieces: Buffer[]): string {
  const stream = send(host, { headers: { ":path": "/x" } });
  stream.properties.set("response\0code_details", "via_upstream");
  stream.response([
    [":status", "200"],
    ["content-type", type],
  ]);
  for (const [index, piece] of pieces.entries()) {
    stream.responseBody(piece, index === pieces.length - 1);
  }
  stream.end();
  assert.deepEqual(Buffer.concat(stream.returned), Buffer.concat(pieces));
  const names = ["asm.llmproxy.request_prompt_tokens", "asm.llmproxy.request_completion_tokens"];
  return [...names, "llm_egress.cached_tokens", "llm_egress.reasoning_tokens"]
    .map((name) => stream.filterState.get(name) ?? "-")
    .join(" ");
}

function frame(payload: string): Buffer {
  const head = Buffer.from("\x0b:event-type\x07\x00\x08metadata", "latin1");
  const size = Buffer.alloc(12, '"');
  size.writeUInt32BE(16 + head.length + payload.length);
  size.writeUInt32BE(head.length, 4);
  return Buffer.concat([size, head, Buffer.from(payload), Buffer.from('{"\\[')]);
}

const json = "application/json; charset=utf-8";
const sse = "text/event-stream";
const lines = "application/x-ndjson";
const frames = "application/vnd.amazon.eventstream";
const dialects: [name: string, type: string, answer: string | Buffer, usage: string][] = [
  [
    ...(["Gemini's", json] as const),
    '{"candidates":[{"content":{"parts":[{"text":"{\\"usageMetadata\\":1"}]}}],"usageMetadata":{"promptTokenCount":109,"candidatesTokenCount":29,"totalTokenCount":227,"cachedContentTokenCount":8,"promptTokensDetails":[{"modality":"TEXT","tokenCount":109}],"thoughtsTokenCount":89}}',
    "109 118 8 89",
  ],
  [
    ...(["Gemini's stream", sse] as const),
    'data: {"candidates":[],"usageMetadata":{"promptTokenCount":10,"totalTokenCount":10}}\r\n\r\ndata: {"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":527,"totalTokenCount":536}}\r\n\r\n',
    "9 527 - -",
  ],
  [
    ...(["Gemini's stream without events", json] as const),
    '[{"candidates":[{"content":{"parts":[{"text":"]"}]}}],"usageMetadata":{"promptTokenCount":9,"totalTokenCount":9}}\r\n,\r\n{"candidates":[],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":5,"totalTokenCount":14}}\n]',
    "9 5 - -",
  ],
  [
    ...(["that in a list within a list, which is not one", json] as const),
    '[["DONE]",{"usage":{"prompt_tokens":1}}],[],"DONE]",{"a":[{"usage":{"prompt_tokens":2}}]}]',
    "- - - -",
  ],
  [
    ...(["the one of Gemini's interactions", sse] as const),
    'event: interaction.completed\ndata: {"interaction":{"usage":{"total_tokens":242,"total_input_tokens":9,"total_cached_tokens":0,"total_output_tokens":13,"total_thought_tokens":220}}}\n\n',
    "9 233 0 220",
  ],
  [
    ...(["Bedrock's", json] as const),
    '{"output":{},"usage":{"inputTokens":40,"outputTokens":15,"totalTokens":62,"cacheReadInputTokens":5,"cacheWriteInputTokens":2}}',
    "47 15 5 -",
  ],
  [
    ...(["Bedrock's stream", frames] as const),
    Buffer.concat([
      frame('{"delta":{"text":"\\"usage\\":{"}}'),
      frame(
        '{"metrics":{"latencyMs":422},"usage":{"inputTokens":471,"outputTokens":91,"totalTokens":562}}',
      ),
    ]),
    "471 91 - -",
  ],
  [
    ...(["Cohere's", json] as const),
    '{"message":{},"usage":{"billed_units":{"input_tokens":5,"output_tokens":2},"tokens":{"input_tokens":500,"output_tokens":4},"cached_tokens":464}}',
    "500 4 464 -",
  ],
  [
    ...(["Cohere's stream", sse] as const),
    'event: message-end\ndata: {"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":5,"output_tokens":2},"tokens":{"input_tokens":500,"output_tokens":4}}}}\n\ndata: [DONE]\n\n',
    "500 4 - -",
  ],
  [
    ...(["Cohere's lines", "application/stream+json"] as const),
    '{"is_finished":false,"event_type":"text-generation","text":" Hi"}\n{"is_finished":true,"event_type":"stream-end","response":{"text":" Hi","meta":{"api_version":{"version":"1"},"billed_units":{"input_tokens":4,"output_tokens":2},"tokens":{"input_tokens":70,"output_tokens":3}}},"finish_reason":"COMPLETE"}\n',
    "70 3 - -",
  ],
  [
    ...(["the one of Jina's reranks", json] as const),
    '{"model":"jina-reranker-v2-base-multilingual","usage":{"total_tokens":815},"results":[{"index":0,"relevance_score":0.87}]}',
    "815 - - -",
  ],
  [
    ...(["the one of Cohere's embeddings", json] as const),
    '{"embeddings":{"float":[[0.1]]},"meta":{"api_version":{"version":"2"},"billed_units":{"input_tokens":3}}}',
    "3 - - -",
  ],
  [
    ...(["Ollama's lines", lines] as const),
    '{"model":"m","response":"{\\"eval_count\\":9}","done":false}\n{"message":{"content":"x"},"done":true,"prompt_eval_count":32,"prompt_eval_duration":66000000,"eval_count":4,"eval_duration":43000000}\n',
    "32 4 - -",
  ],
  [
    ...(["DashScope's", sse] as const),
    'id:1\nevent:result\n:HTTP_STATUS/200\ndata:{"output":{"choices":[]},"usage":{"total_tokens":909,"output_tokens":9,"input_tokens":900,"prompt_tokens_details":{"cached_tokens":7}},"request_id":"r"}\n\n',
    "900 9 7 -",
  ],
];

describe("the usage of an answer", () => {
  for (const [name, type, answer, usage] of dialects) {
    it(`is ${name}`, () => {
      const bytes = Buffer.from(answer as string);
      assert.equal(usageOf(type, [bytes]), usage);
      for (let at = 1; at < bytes.length; at++) {
        assert.equal(usageOf(type, [bytes.subarray(0, at), bytes.subarray(at)]), usage, `at ${at}`);
      }
      const single = [...bytes].map((byte) => Buffer.of(byte));
      assert.equal(usageOf(type, single), usage);
    });
  }

  it("is unknown if it has no tokens, and if frames are not frames", () => {
    const units = '{"results":[],"meta":{"billed_units":{"search_units":1}}}';
    assert.equal(usageOf(json, [Buffer.from(units)]), "- - - -");
    const usage = '{"usage":{"inputTokens":1,"outputTokens":1}}';
    assert.equal(usageOf(frames, [Buffer.from(usage)]), "- - - -");
    for (const size of [0, 1, 8, 11, 12, 15, 16, 0xffffffff]) {
      for (const headers of [0, 4, 0xfffffff0, 0xffffffff]) {
        const sizes = Buffer.alloc(8);
        sizes.writeUInt32BE(size);
        sizes.writeUInt32BE(headers, 4);
        usageOf(frames, [Buffer.concat([sizes, Buffer.from(usage), sizes])]);
      }
    }
  });
});
