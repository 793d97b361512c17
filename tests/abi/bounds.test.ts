// The limits of the body edit: whitespace, keys and values of any length, nesting depth, and
// memory.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PluginMember } from "../../contract/plugin-config.ts";
import { CLUSTER, hostOf, post, postHeaders } from "../support/filter-host.ts";
import { referenceEdit } from "../support/reference-edit.ts";
import { everySplit, singleBytes } from "../support/splits.ts";
import type { WasmHost } from "../support/wasm-host.ts";

const members: PluginMember[] = [
  { name: "model", override: '"qwen"' },
  { name: "max_tokens", limit: "100" },
  { name: "top_k", remove: true },
];
const blockBytes = ',"model":"qwen"'.length + ',"max_tokens":100'.length;

function assertEdited(host: WasmHost, body: string, chunks: readonly Buffer[]): void {
  const stream = post(host, chunks);
  assert.equal(stream.refusal, "");
  assert.equal(stream.forwardedText.length, body.length + blockBytes);
  const expected: unknown = JSON.parse(referenceEdit(body, members));
  assert.deepEqual(JSON.parse(stream.forwardedText), expected);
}

// All splits near a token, but only a few within whitespace, as these are all alike.
function splits(body: string): Buffer[][] {
  const isNearToken = (at: number) => /\S/.test(body.slice(Math.max(0, at - 2), at + 2));
  return [...everySplit(Buffer.from(body))].filter(([first]) => {
    const at = first!.length;
    return isNearToken(at) || at % 97 === 0;
  });
}

describe("whitespace between tokens", () => {
  const host = hostOf({ members });
  const tokens = [
    ...["{", '"a"', ":", "1", ",", '"model"', ":", '"x"', ",", '"max_tokens"', ":", "99"],
    ...[",", '"b"', ":", "{}", ",", '"top_k"', ":", "[1]", "}"],
  ];

  for (const size of [0, 1, 15, 16, 17, 64, 600, 700, 768, 769, 2000]) {
    it(`may be ${size} bytes in any one place, no matter how the body is split`, () => {
      for (const place of tokens.keys()) {
        const body = tokens.map((token, i) => token + " ".repeat(i === place ? size : 1)).join("");
        for (const chunks of splits(body)) assertEdited(host, body, chunks);
      }
    });

    it(`may be ${size} bytes in every place`, () => {
      const body = tokens.map((token, i) => token + "\t\n\r ".charAt(i & 3).repeat(size)).join("");
      for (const chunks of splits(body)) assertEdited(host, body, chunks);
      assertEdited(host, body, singleBytes(Buffer.from(body)));
    });
  }
});

describe("a key", () => {
  const host = hostOf({ members });

  it("may be longer than every managed key, and may end with one", () => {
    for (let size = 0; size < 100; size++) {
      for (const name of ["model", "max_tokens", "top_k"]) {
        const body = `{"${"x".repeat(size)}${name}":99,"b":2}`;
        for (const chunks of everySplit(Buffer.from(body))) assertEdited(host, body, chunks);
      }
    }
  });

  it("of any length is not held until its end, and its end is not taken for a managed key", () => {
    const long = `"${"x".repeat(70)}`;
    for (const name of ["model", "max_tokens", "top_k"]) {
      const body = `{${long}${name}":99,"b":2}`;
      const tail = `${name}":99,"b":2}`;
      assertEdited(
        host,
        body,
        ["{", long, tail].map((chunk) => Buffer.from(chunk)),
      );
    }
  });
});

describe("a judged value", () => {
  const aliases = { [`${"y".repeat(254)}`]: "qwen" };
  const models = hostOf({ models: { aliases } });
  const limits = hostOf({ members: [{ name: "max_tokens", limit: "100" }] });

  function assertRefusal(host: WasmHost, body: string, expected: string): void {
    const bytes = Buffer.from(body);
    for (const chunks of [...everySplit(bytes), singleBytes(bytes)]) {
      assert.equal(post(host, chunks).refusal, expected);
    }
  }

  it("may have 256 bytes", () => {
    assertRefusal(models, `{"a":1,"model":"${"x".repeat(254)}"}`, "");
    assertRefusal(limits, `{"a":1,"max_tokens":0.${"0".repeat(254)}}`, "");
    assertRefusal(limits, `{"max_tokens" : ${"9".repeat(256)} ,"a":1}`, "");
    const stream = post(models, [Buffer.from(`{"model":"${"y".repeat(254)}"}`)]);
    assert.deepEqual(JSON.parse(stream.forwardedText), { model: "qwen" });
  });

  it("is refused if it has 257", () => {
    const refusal = "400 llm_egress_invalid_parameter";
    assertRefusal(models, `{"a":1,"model":"${"x".repeat(255)}"}`, refusal);
    assertRefusal(models, `{"model":"${"x".repeat(2000)}","a":1}`, refusal);
    assertRefusal(limits, `{"a":1,"max_tokens":0.${"0".repeat(255)}}`, refusal);
    assertRefusal(limits, `{"max_tokens" : ${"9".repeat(257)} ,"a":1}`, refusal);
  });
});

describe("depth", () => {
  const host = hostOf();
  const nested = (depth: number) =>
    Buffer.from(`{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`);

  it("may be 512", () => {
    for (const chunks of everySplit(nested(512))) assert.equal(post(host, chunks).refusal, "");
  });

  it("is refused at 513", () => {
    for (const chunks of everySplit(nested(513))) {
      assert.equal(post(host, chunks).refusal, "400 llm_egress_json_too_deep");
    }
  });
});

// Checks that the module has no more memory after all chunks than after the first `settled` bytes.
function assertFlat(chunks: Iterable<Buffer>, settled: number): void {
  const host = hostOf({ members });
  const stream = host.stream(CLUSTER);
  stream.headers(postHeaders());
  let received = 0;
  let bytes = 0;
  for (const chunk of chunks) {
    stream.body(chunk);
    stream.forwarded.length = 0;
    received += chunk.length;
    if (bytes === 0 && received >= settled) bytes = host.memory.buffer.byteLength;
  }
  assert.equal(stream.refusal, "");
  assert.equal(host.memory.buffer.byteLength, bytes);
}

function* repeat(head: string, chunk: string, count: number): Generator<Buffer> {
  yield Buffer.from(head);
  for (let i = 0; i < count; i++) yield Buffer.from(chunk);
}

describe("memory", () => {
  it("does not grow with a body of 20 MB", () => {
    const text = `{"role":"user","content":"${"x".repeat(90)}"},`;
    const chunk = text.repeat(65536 / text.length);
    assertFlat(repeat('{"messages":[', chunk, 320), 1_000_000);
    assertFlat(repeat('{"messages":"', "x".repeat(65536), 320), 1_000_000);
  });

  it("does not grow with whitespace in single bytes while a member is undecided", () => {
    const heads = ['{"a":1,', '{"a":1,"max_tokens"', '{"a":1,"max_tokens":', '{"model":1,"a":2 ,'];
    for (const head of heads) assertFlat(repeat(head, " ", 100_000), 2000);
  });

  it("does not grow with any number of managed members", () => {
    assertFlat(
      repeat('{"a":1', ',"b":{},"model":"x","c":[1,2],"top_k":[]'.repeat(1000), 250),
      100_000,
    );
  });
});
