// The key in the body of an error: providers repeat the key that they refuse. Each of its bytes
// becomes a star, for every split.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { configOf, hostOf, KEY, send } from "../support/filter-host.ts";
import { cutAt, everySplit, singleBytes } from "../support/splits.ts";
import { WasmHost, type WasmStream } from "../support/wasm-host.ts";

const headers = { ":status": "401", "content-type": "application/json" };

function answer(host: WasmHost, chunks: readonly Buffer[], more: object = {}): WasmStream {
  const stream = send(host);
  stream.response(Object.entries<string>({ ...headers, ...more }));
  for (const [index, chunk] of chunks.entries()) {
    stream.responseBody(chunk, index === chunks.length - 1);
  }
  stream.end();
  return stream;
}

const hidden = (text: string, key = KEY) => text.replaceAll(key, "*".repeat(key.length));
const hostWith = (key: string) => new WasmHost({ config: configOf(), env: { API_KEY: key } });

describe("the key in the body of an error", () => {
  const bodies = [
    `{"error":{"message":"Incorrect API key provided: ${KEY}.","code":"invalid_api_key"}}`,
    KEY,
    `${KEY}${KEY} Bearer ${KEY}`,
    `${KEY.slice(0, -1)} ${KEY.slice(1)} ${KEY.slice(0, 3)}${KEY}${KEY.slice(0, 2)}`,
    `no key, but the beginning of one: ${KEY.slice(0, -1)}`,
  ];
  for (const body of bodies) {
    it(`is hidden, and every other byte is kept: ${body}`, () => {
      const host = hostOf();
      const bytes = Buffer.from(body);
      const splits = [...everySplit(bytes), singleBytes(bytes), [bytes, Buffer.alloc(0)]];
      for (const chunks of splits) {
        assert.equal(answer(host, chunks).returnedText, hidden(body), `at ${chunks[0]?.length}`);
      }
    });
  }

  it("is hidden if it repeats itself, no matter how the body is split", () => {
    for (const key of ["aab", "abab", "aaaa", "x*"]) {
      const host = hostWith(key);
      const letters = fc.string({ unit: fc.constantFrom(...key, "-"), maxLength: 40 });
      fc.assert(
        fc.property(letters, fc.array(fc.nat(), { maxLength: 8 }), (body, places) => {
          const { returnedText } = answer(host, cutAt(Buffer.from(body), places));
          assert.equal(returnedText, hidden(body, key));
        }),
        { numRuns: 300 },
      );
    }
  });
});

describe("a long key in the body of an error", () => {
  it("is hidden if it is longer than what a request holds", () => {
    const key = `sk-${"0123456789abcdef".repeat(200)}`;
    const body = `{"key":"${key}"}`;
    const host = hostWith(key);
    for (const at of [8, 9, 100, key.length - 1, key.length + 7, key.length + 8]) {
      const answered = answer(host, cutAt(Buffer.from(body), [at]));
      assert.equal(answered.returnedText, hidden(body, key), `cut at ${at}`);
    }
  });
});

describe("the key", () => {
  it("is hidden whatever the status and the type", () => {
    for (const status of ["302", "400", "429", "500", "999"]) {
      for (const type of ["text/plain", "text/event-stream", "application/json"]) {
        const more = { ":status": status, "content-type": type };
        assert.equal(answer(hostOf(), [Buffer.from(KEY)], more).returnedText, hidden(KEY));
      }
    }
  });
});

describe("the body of an error", () => {
  it("is held only as far as the body ends like the key begins", () => {
    const stream = send(hostOf());
    stream.response(Object.entries(headers));
    const body = `{"a":"${KEY}","b":"${KEY.slice(0, 4)}!"}`;
    for (const [index, byte] of [...body].entries()) {
      stream.responseBody(byte);
      const so = body.slice(0, index + 1);
      const held = [...KEY].findLastIndex((_, i) => i > 0 && so.endsWith(KEY.slice(0, i)));
      const end = Math.max(0, held);
      const known = hidden(so).endsWith("*") ? so : so.slice(0, so.length - end);
      assert.equal(stream.returnedText, hidden(known), so);
    }
  });

  it("loses its last bytes before trailers, if they may begin the key", () => {
    const stream = send(hostOf());
    stream.response(Object.entries(headers));
    stream.responseBody(`{}${KEY.slice(0, 4)}`);
    stream.responseTrailers([["x-sum", "1"]]);
    assert.equal(stream.returnedText, "{}");
  });

  it("is not decompressed, and passes as it is", () => {
    const compressed = gzipSync(KEY);
    const more = { "content-encoding": "gzip" };
    const { returned } = answer(hostOf(), [compressed], more);
    assert.ok(Buffer.concat(returned).equals(compressed));
  });

  it("is not searched in the body of a success, which streams", () => {
    const more = { ":status": "200" };
    assert.equal(answer(hostOf(), [Buffer.from(KEY)], more).returnedText, KEY);
  });
});
