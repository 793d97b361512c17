// No provider gets the closing brace of a body before the body's end is known: some run a request
// at its brace, and the filter may still refuse it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isRunnable } from "../support/eager-provider.ts";
import { CLUSTER, hostOf, postHeaders, send } from "../support/filter-host.ts";
import { everySplit, singleBytes } from "../support/splits.ts";
import { CONTINUE, HOLD, STOP, type WasmHost, type WasmStream } from "../support/wasm-host.ts";

const members = [{ name: "top_k", remove: true as const }];

function begun(host: WasmHost, protocol: string, headers: Record<string, string> = {}): WasmStream {
  const stream = host.stream(CLUSTER);
  stream.properties.set("request\0protocol", protocol);
  stream.headers(postHeaders(headers));
  return stream;
}

describe("a body that is refused", () => {
  const host = hostOf({ members, maxRequestBytes: 40 });
  const bodies: Record<string, string> = {
    invalid_json: '{"a":{"b":"}"}} x {"a":1}}|{"a":1}{"a":2}|{"a":1}\0|{"top_k":1} \n\t,',
    request_too_large: `{"a":1}${" ".repeat(40)}`,
  };

  for (const [code, texts] of Object.entries(bodies)) {
    for (const body of texts.split("|")) {
      for (const hasLength of [false, true]) {
        const way = hasLength ? "with a length" : "without a length";
        it(`as ${code} can't be run ${way}: ${JSON.stringify(body)}`, () => {
          const bytes = Buffer.from(body);
          const headers = hasLength ? { "content-length": String(bytes.length) } : {};
          for (const chunks of [...everySplit(bytes), singleBytes(bytes)]) {
            const stream = send(host, { headers, chunks });
            assert.match(stream.refusal, new RegExp(`llm_egress_${code}$`));
            assert.ok(!isRunnable(stream.forwardedText), stream.forwardedText);
            stream.end();
          }
        });
      }
    }
  }
});

const block = " ";
const large = `{"a":"${"x".repeat(30_000)}"`;

describe("the closing brace", () => {
  const host = hostOf({ members });

  it("goes out with the last byte of a known length, before Envoy signals the end", () => {
    const stream = begun(host, "HTTP/1.1", { "content-length": "9" });
    assert.equal(stream.body('{"a":1}'), CONTINUE);
    assert.equal(stream.forwardedText, '{"a":1');
    assert.equal(stream.body("\n\t"), CONTINUE);
    assert.equal(stream.forwardedText, `{"a":1${block}}\n\t`);
    assert.equal(stream.body("", true), CONTINUE);
    assert.equal(stream.forwardedText, `{"a":1${block}}\n\t`);
  });

  for (const end of ["an empty chunk", "trailers"]) {
    it(`waits in Envoy's buffer until ${end} if nothing has been sent, with little whitespace`, () => {
      const stream = begun(host, "HTTP/1.1");
      assert.equal(stream.body('{"a":1} '), HOLD);
      for (let i = 0; i < 5000; i++) assert.equal(stream.body(" ".repeat(1000)), HOLD);
      assert.ok(stream.waitingBytes <= 24 * 1024);
      assert.equal(stream.forwardedText, "");
      if (end === "trailers") assert.equal(stream.trailers([["x-sum", "1"]]), CONTINUE);
      else assert.equal(stream.body("", true), CONTINUE);
      assert.equal(stream.forwardedText.trimEnd(), `{"a":1${block}}`);
    });
  }
});

describe("the closing brace of a body that has been sent in part", () => {
  const host = hostOf({ members });

  // If the route has retries, what has been sent is in Envoy's buffer as well.
  it("stays with the filter once something has been sent, and trailers end in a refusal", () => {
    for (const end of ["an empty chunk", "trailers"]) {
      for (const protocol of ["HTTP/1.1", "HTTP/2"]) {
        const stream = begun(host, protocol);
        stream.body('{"a":');
        for (const piece of ["1}", "", "\n"]) assert.equal(stream.body(piece), CONTINUE);
        assert.equal(stream.forwardedText, '{"a":1');
        if (end === "trailers") {
          assert.equal(stream.trailers([["x-sum", "1"]]), STOP);
          assert.equal(stream.refusal, "400 llm_egress_invalid_parameter");
        } else {
          assert.equal(stream.body("", true), CONTINUE);
          assert.equal(stream.forwardedText, `{"a":1${block}}\n`);
        }
        stream.end();
      }
    }
  });
});

describe("the closing brace of a body with a large last chunk", () => {
  const host = hostOf({ members });
  it("stays with the filter if the chunk is larger than Envoy's buffer may be", () => {
    const stream = begun(host, "HTTP/1.1");
    assert.equal(stream.body(`${large}}\n`), CONTINUE);
    assert.equal(stream.forwardedText, large);
    assert.equal(stream.body("", true), CONTINUE);
    assert.equal(stream.forwardedText, `${large}${block}}\n`);
  });

  it("stays with the filter if a length is announced, which is kept", () => {
    const space = " ".repeat(1000);
    const stream = begun(host, "HTTP/1.1", { "content-length": String(30_007) });
    assert.equal(stream.body('{"a":1}'), CONTINUE);
    for (let i = 0; i < 29; i++) stream.body(space);
    assert.equal(stream.forwardedText.trimEnd(), '{"a":1');
    assert.equal(stream.body(space), CONTINUE);
    assert.equal(stream.forwardedText.replaceAll(" ", ""), '{"a":1}');
    assert.equal(stream.header("content-length"), String(stream.forwardedText.length));
  });
});

describe("a large last chunk", () => {
  const host = hostOf({ members });

  it("is not sent if only trailers follow such a chunk over HTTP/1.1", () => {
    const stream = begun(host, "HTTP/1.1");
    stream.body(`${large}}`);
    assert.equal(stream.trailers([]), STOP);
    assert.equal(stream.refusal, "400 llm_egress_invalid_parameter");
    assert.equal(stream.forwardedText, large);
  });

  it("waits in Envoy's buffer with a chunk of any size over HTTP/2", () => {
    const stream = begun(host, "HTTP/2");
    assert.equal(stream.body(`${large}}`), HOLD);
    assert.equal(stream.trailers([]), CONTINUE);
    assert.equal(stream.forwardedText, `${large}${block}}`);
  });
});
