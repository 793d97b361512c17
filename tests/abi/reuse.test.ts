// Streams reuse the memory of ended streams. A call must not depend on the calls before it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chatChunk, jsonAnswers, sse, usageChunk } from "../support/answers.ts";
import { CLUSTER, configOf, KEY, postHeaders } from "../support/filter-host.ts";
import { asksForUsage } from "../support/plugin-providers.ts";
import { WasmHost, type WasmStream } from "../support/wasm-host.ts";

const GONE = "outbound|443||gone.example.com";
const usage = { prompt_tokens: 5, completion_tokens: 6, completion_tokens_details: {} };
const eventStream = { ":status": "200", "content-type": "text/event-stream" };
const json = { ":status": "200", "content-type": "application/json" };

const members = [
  { name: "model", default: '"m-1"' },
  { name: "max_tokens", limit: "100" },
  ...asksForUsage,
];
const config = {
  ...configOf({ members, models: { allow: ["m-*"] }, maxRequestBytes: 5000 }),
  unservedClusters: [GONE],
};
const newHost = () => new WasmHost({ config, env: { API_KEY: KEY } });

/** Makes one callback of a stream. */
type Step = (stream: WasmStream) => void;

const request =
  (...chunks: string[]): Step =>
  (stream) => {
    stream.headers(postHeaders({ "content-length": `${chunks.join("").length}` }));
    for (const [index, chunk] of chunks.entries()) stream.body(chunk, index === chunks.length - 1);
  };
const answer =
  (headers: Record<string, string>): Step =>
  (stream) => {
    stream.properties.set("response\0code_details", "via_upstream");
    stream.response(Object.entries(headers));
  };
const piece =
  (text: string, isLast = false): Step =>
  (stream) =>
    stream.responseBody(text, isLast);
const streamed = (...pieces: string[]): Step[] => [
  request('{"stream":true}'),
  answer(eventStream),
  ...pieces.map((text) => piece(text)),
];
const answered = (body: string, text: string): Step[] => [
  request(body),
  answer(json),
  piece(text, true),
];

/** The callbacks of streams from begin to end, with a second between the steps. */
const calls: Record<string, Step[]> = {
  "a chat, cut within its model": [
    request('{"model":"m-', '2","max_tokens":5000,"messages":[]}'),
    answer(json),
    piece(jsonAnswers[0]!.text, true),
  ],
  "a body that begins with an empty chunk": [request("", '{"a":1}'), answer(json)],
  "a body that is refused after an edit": [request('{"max_tokens":5000,"model":"x"}')],
  "a body that breaks off within a long key": [
    (stream) => stream.headers(postHeaders()),
    (stream) => stream.body(`{"max_${"_".repeat(100)}`),
  ],
  "a body that breaks off when its end waits": [
    (stream) => stream.headers(postHeaders()),
    (stream) => stream.body('{"a":1}'),
  ],
  "a minimal chat": answered("{}", "{}"),
  "an answer without keys": answered("{}", "{{}}"),
  "an answer of numbers without keys": answered("{}", '{{"prompt_tokens":5}}'),
  "an error": answered("{}", '{"error":"x"}'),
  "a usage of null": answered("{}", '{"usage":null}'),
  "a stream of events with its usage": streamed(
    sse(chatChunk("hi")),
    sse(usageChunk(usage)).slice(0, 40),
    sse(usageChunk(usage)).slice(40),
    sse("[DONE]"),
  ),
  "a stream of only its usage": streamed(sse(usageChunk(usage))),
  "a stream whose usage the client asked for": [
    request('{"stream":true,"stream_options":{"include_usage":true}}'),
    answer(eventStream),
    piece(sse(chatChunk("hi")) + sse(usageChunk(usage)), true),
  ],
  "a stream that begins before the request has ended": [
    (stream) => stream.headers(postHeaders()),
    (stream) => stream.body('{"stream":true,"stream_options":{"include_usage":true}'),
    answer(eventStream),
    piece(sse(usageChunk(usage)), true),
  ],
  "a stream that begins with a comment": streamed(": hello\n", sse(usageChunk(usage))),
  "a stream that begins with a byte order mark": streamed(`\u{feff}${sse(usageChunk(usage))}`),
  "a stream that ends within an event": streamed(sse(chatChunk("hi")), 'data: {"id":'),
  "a stream that ends within a field name": streamed(sse(chatChunk("hi")), "da"),
  "a stream whose usage ends with a CR": streamed(`${sse(usageChunk(usage)).trimEnd()}\r\r`),
  "a stream that ends within a CRLF": streamed("data: {}\r\n\r"),
  "a stream that ends within a line that is not data": streamed("event: x"),
  "a stream that begins with a line feed": streamed("\n", sse(chatChunk("hi"))),
  "an error event": streamed(sse({ error: { message: "busy" } })),
  "a list of models": [
    (stream) => stream.headers(postHeaders({ ":method": "GET", ":path": "/v1/models" }), true),
    answer(json),
    piece('{"data":[]}', true),
  ],
  "a refusal by its headers": [(stream) => stream.headers(postHeaders({ ":authority": "other" }))],
  "a refusal within the body": [request('{"model":"m-2","a":[1,', "x")],
  "a model that is not allowed": [request('{"model":"gpt"}')],
  "a body that exceeds the limit in a later chunk": [
    (stream) => stream.headers(postHeaders()),
    (stream) => stream.body(`{"a":"${"x".repeat(6000)}"}`),
  ],
  "a client that leaves within the body": [
    (stream) => stream.headers(postHeaders()),
    (stream) => stream.body('{"model":"m-2","messages":["'),
  ],
  trailers: [
    (stream) => stream.headers(postHeaders()),
    (stream) => stream.body("{}"),
    (stream) => stream.trailers([["x", "y"]]),
    answer(json),
    piece('{"usage":{"prompt_tokens":1}}'),
    (stream) => stream.responseTrailers([["x", "y"]]),
  ],
  "a cluster without a provider": [
    (stream) => stream.properties.set("xds\0cluster_name", GONE),
    (stream) => stream.headers(postHeaders()),
  ],
  "another cluster's request": [
    (stream) => stream.properties.set("xds\0cluster_name", "outbound|443||other.example.com"),
    request("not JSON"),
    answer(json),
    piece("nor this", true),
  ],
};

/**
 * All effects of a call: on its stream, on what the client and the provider receive, and on
 * metrics.
 */
function record(host: WasmHost, steps: readonly Step[], stepMs: number): object {
  const counters = new Map(host.counters);
  const histograms = new Map([...host.histograms].map(([name, { length }]) => [name, length]));
  const stream = host.stream(CLUSTER, "r");
  for (const step of steps) {
    step(stream);
    host.clock += stepMs;
  }
  stream.end();
  const counts = [...host.counters].map(([name, count]) => [
    name,
    count - (counters.get(name) ?? 0),
  ]);
  const times = [...host.histograms].map(([name, values]) => [
    name,
    values.slice(histograms.get(name)),
  ]);
  return {
    request: [stream.requestHeaders, stream.requestTrailers, stream.forwardedText],
    response: [stream.responseHeaders, stream.trailersSent, stream.returned.map(String)],
    refusals: stream.localResponses,
    state: stream.filterState,
    counts: counts.filter(([, count]) => count !== 0).sort(),
    times: times.filter(([, values]) => (values as number[]).length > 0).sort(),
  };
}

describe("a stream that reuses the memory of another", () => {
  for (const [name, steps] of Object.entries(calls)) {
    const expected = record(newHost(), steps, 1000);
    it(`behaves as the first one would: ${name}`, () => {
      for (const [earlier, earlierSteps] of Object.entries(calls)) {
        const host = newHost();
        record(host, earlierSteps, 70);
        assert.deepEqual(record(host, steps, 1000), expected, `after ${earlier}`);
      }
    });
  }

  it("uses the configuration that is active when it begins", () => {
    const host = newHost();
    const open = host.stream(CLUSTER, "r");
    open.headers(postHeaders());
    const [provider] = config.providers;
    const settings = { ...provider!.settings, apiKey: "sk-new" };
    assert.ok(host.configure({ ...config, providers: [{ ...provider!, settings }] }));
    assert.equal(open.header("authorization"), `Bearer ${KEY}`);
    open.end();
    const stream = host.stream(CLUSTER, "r");
    stream.headers(postHeaders());
    assert.equal(stream.header("authorization"), "Bearer sk-new");
  });
});
