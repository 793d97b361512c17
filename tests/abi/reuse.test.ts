// Streams use the memory of ended streams again: whatever was before, a call is as it would be on a module that has seen none.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chatChunk, jsonAnswers, sse, usageChunk } from "../support/answers.ts";
import { CLUSTER, hostOf, postHeaders } from "../support/filter-host.ts";
import { asksForUsage } from "../support/plugin-providers.ts";
import type { WasmHost, WasmStream } from "../support/wasm-host.ts";

const OTHER = "outbound|443||other.example.com";
const usage = { prompt_tokens: 5, completion_tokens: 6, completion_tokens_details: {} };
const eventStream = { ":status": "200", "content-type": "text/event-stream" };
const json = { ":status": "200", "content-type": "application/json" };

const members = [
  { name: "model", default: '"m-1"' },
  { name: "max_tokens", limit: "100" },
  ...asksForUsage,
];
const newHost = () => hostOf({ members, models: { allow: ["m-*"] }, maxRequestBytes: 5000 });

function answer(stream: WasmStream, headers: Record<string, string>, ...chunks: string[]): void {
  stream.properties.set("response\0code_details", "via_upstream");
  stream.response(Object.entries(headers), chunks.length === 0);
  for (const [index, chunk] of chunks.entries()) {
    stream.responseBody(chunk, index === chunks.length - 1);
  }
}

/** What may happen to a stream, up to its end. */
const calls: Record<string, (stream: WasmStream) => void> = {
  "a chat, cut within its model": (stream) => {
    stream.headers(postHeaders({ "content-length": "42" }));
    stream.body('{"model":"m-');
    stream.body('2","max_tokens":5000,"messages":[]}', true);
    answer(stream, json, jsonAnswers[0]!.text);
  },
  "a bare chat": (stream) => {
    stream.headers(postHeaders());
    stream.body("{}", true);
    answer(stream, json, "{}");
  },
  "a stream of events with its usage": (stream) => {
    stream.headers(postHeaders());
    stream.body('{"stream":true}', true);
    const end = sse(usageChunk(usage), "[DONE]");
    answer(stream, eventStream, sse(chatChunk("hi")), end.slice(0, 40), end.slice(40));
  },
  "a stream of events that breaks off within one": (stream) => {
    stream.headers(postHeaders());
    stream.body('{"stream":true}', true);
    answer(stream, eventStream, sse(chatChunk("hi")));
    stream.responseBody('data: {"id":');
  },
  "a stream of events that breaks off within a line's first word": (stream) => {
    stream.headers(postHeaders());
    stream.body('{"stream":true}', true);
    answer(stream, eventStream, sse(chatChunk("hi")));
    stream.responseBody("da");
  },
  "a stream of nothing but its usage": (stream) => {
    stream.headers(postHeaders());
    stream.body('{"stream":true}', true);
    answer(stream, eventStream, sse(usageChunk(usage)));
  },
  "an error event": (stream) => {
    stream.headers(postHeaders());
    stream.body('{"stream":true,"stream_options":{}}', true);
    answer(stream, eventStream, sse({ error: { message: "busy" } }));
  },
  "a list of models": (stream) => {
    stream.headers(postHeaders({ ":method": "GET", ":path": "/v1/models" }), true);
    answer(stream, json, '{"data":[]}');
  },
  "a refusal by its headers": (stream) => stream.headers(postHeaders({ ":authority": "other" })),
  "a refusal within the body": (stream) => {
    stream.headers(postHeaders());
    stream.body('{"model":"m-2","a":[1,');
    stream.body("x");
  },
  "a model that is not allowed": (stream) => {
    stream.headers(postHeaders());
    stream.body('{"model":"gpt"}', true);
  },
  "a body that is too large": (stream) => {
    stream.headers(postHeaders());
    stream.body(`{"a":"${"x".repeat(6000)}"}`);
  },
  "a client that leaves within the body": (stream) => {
    stream.headers(postHeaders());
    stream.body('{"model":"m-2","messages":["');
  },
  trailers: (stream) => {
    stream.headers(postHeaders());
    stream.body("{}");
    stream.trailers([["x", "y"]]);
    answer(stream, json, '{"usage":{"prompt_tokens":1}}');
    stream.responseTrailers([["x", "y"]]);
  },
  "another cluster's request": (stream) => {
    stream.properties.set("xds\0cluster_name", OTHER);
    stream.headers(postHeaders());
    stream.body("not JSON", true);
    answer(stream, json, "nor this");
  },
};

function record(host: WasmHost, run: (stream: WasmStream) => void): object {
  const before = new Map(host.counters);
  const stream = host.stream(CLUSTER, "r");
  run(stream);
  stream.end();
  const counts = [...host.counters].map(([name, count]) => [name, count - (before.get(name) ?? 0)]);
  const { requestHeaders, responseHeaders, localResponses, forwardedText, returnedText } = stream;
  return {
    ...{ requestHeaders, responseHeaders, localResponses, forwardedText, returnedText },
    trailers: [stream.requestTrailers, stream.trailersSent],
    state: stream.filterState,
    counts: new Map(counts.filter(([, count]) => count !== 0) as [string, number][]),
  };
}

describe("a stream in the place of another", () => {
  for (const [name, run] of Object.entries(calls)) {
    const expected = record(newHost(), run);
    it(`is as if it were the first: ${name}`, () => {
      for (const [earlier, runEarlier] of Object.entries(calls)) {
        const host = newHost();
        record(host, runEarlier);
        assert.deepEqual(record(host, run), expected, `after ${earlier}`);
      }
    });
  }
});
