// After a refusal nothing more is forwarded to the provider, and what was forwarded is not a
// complete request.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CLUSTER, hostOf, postHeaders, send } from "../support/filter-host.ts";
import { STOP, STOP_NO_BUFFER, type WasmStream } from "../support/wasm-host.ts";

const host = hostOf({ members: [{ name: "max_tokens", limit: "100" }] });
const deep = `{"a":${"[".repeat(512)}`;

describe("after a refusal of the headers", () => {
  it("all later callbacks are ignored", () => {
    const stream = host.stream(CLUSTER);
    assert.equal(stream.headers(postHeaders({ ":path": "/v1/files" })), STOP);
    assert.equal(stream.body("{}"), STOP_NO_BUFFER);
    assert.equal(stream.body("", true), STOP_NO_BUFFER);
    assert.equal(stream.trailers([["a", "b"]]), STOP);
    assert.deepEqual(stream.forwarded, []);
    assert.equal(stream.localResponses.length, 1);
    assert.ok(stream.requestHeaders.every(([, value]) => !value.includes("sk-")));
  });
});

describe("after a refusal of the body", () => {
  it("all later callbacks are ignored, and the answer keeps its headers", () => {
    const stream = host.stream(CLUSTER);
    stream.headers(postHeaders());
    stream.body('{"a":1,');
    assert.equal(stream.body("]"), STOP_NO_BUFFER);
    assert.equal(stream.body('"b":1}', true), STOP_NO_BUFFER);
    assert.equal(stream.trailers([]), STOP);
    assert.equal(stream.forwardedText, '{"a":1');
    const own: [string, string][] = [
      [":status", "400"],
      ["set-cookie", "a"],
    ];
    stream.response(own);
    assert.deepEqual(stream.responseHeaders, own);
    stream.end();
    assert.equal(stream.localResponses.length, 1);
  });

  it("the next request is edited as usual", () => {
    for (const chunks of [
      ['{"max_tokens":1,"max_tokens"', ":1}"],
      ['{"a":1,'],
      [deep],
      [Buffer.from('{"a":"\xc3', "latin1")],
    ]) {
      send(host, { chunks }).end();
      const stream = send(host, { chunks: ['{"b":2,"max_tokens":101}'] });
      stream.end();
      assert.deepEqual(JSON.parse(stream.forwardedText), { b: 2, max_tokens: 100 });
    }
  });
});

describe("the refusal of a last chunk", () => {
  const faults: [string, string[]][] = [
    ["that is empty, after an incomplete body", ['{"a":1', ""]],
    ["that ends the body just before the closing brace", ['{"a":{}', " "]],
    ["with text after the object", ['{"a":1}', "x"]],
    ["in which only the last byte is wrong", ['{"a":1', "]"]],
    ["with a second object", ['{"a":1}', "{}"]],
    ["that is the only chunk", ['{"a":1]']],
  ];

  for (const [name, some] of [
    ["managed members", host],
    ["no managed members", hostOf()],
  ] as const) {
    for (const [fault, chunks] of faults) {
      it(`${fault}, forwards fewer bytes than were announced, with ${name}`, () => {
        const bytes = Buffer.byteLength(chunks.join(""));
        const stream = send(some, { headers: { "content-length": `${bytes}` }, chunks });
        assert.equal(stream.refusal, "400 llm_egress_invalid_json");
        const forwarded = Buffer.concat(stream.forwarded).length;
        const announced = Number(stream.header("content-length"));
        assert.ok(forwarded < announced, `${forwarded} of ${announced}`);
      });
    }
  }
});

describe("trailers", () => {
  function sendTrailers(chunks: string[]): WasmStream {
    const stream = host.stream(CLUSTER);
    stream.headers(postHeaders());
    for (const chunk of chunks) stream.body(chunk);
    stream.trailers([
      ["x-api-key", "sk-1"],
      ["grpc-status", "0"],
    ]);
    return stream;
  }

  it("are removed after a complete body", () => {
    const stream = sendTrailers(['{"a":1}', " "]);
    assert.equal(stream.refusal, "");
    assert.deepEqual(stream.requestTrailers, []);
    assert.deepEqual(JSON.parse(stream.forwardedText), { a: 1 });
  });

  it("cause a refusal if they come before the end of the body", () => {
    assert.equal(sendTrailers(['{"a":1']).refusal, "400 llm_egress_invalid_json");
    assert.equal(sendTrailers([]).refusal, "400 llm_egress_missing_body");
  });

  it("are not changed for a cluster without a provider", () => {
    const stream = host.stream("other");
    stream.headers(postHeaders());
    stream.trailers([["a", "b"]]);
    assert.deepEqual(stream.requestTrailers, [["a", "b"]]);
  });
});
