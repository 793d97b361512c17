// `usage: Auto`: the filter requests usage for a streamed request if the client does not, and
// removes the extra chunk from the answer.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { PluginMember } from "../../contract/plugin-config.ts";
import { chatChunk, sse, usageChunk } from "../support/answers.ts";
import { hostOf, post, send } from "../support/filter-host.ts";
import { asksForUsage } from "../support/plugin-providers.ts";
import { eventsOf, referenceStream } from "../support/reference-stream.ts";
import { cutAt, everySplit, singleBytes } from "../support/splits.ts";
import type { WasmHost, WasmStream } from "../support/wasm-host.ts";

const [stream, question] = asksForUsage as [PluginMember, PluginMember];
const auto = hostOf({ members: asksForUsage });
const usage = { prompt_tokens: 19, completion_tokens: 10, total_tokens: 29 };

const asked = { include_usage: true };
const requests: [string, WasmHost, string, unknown][] = [
  [
    "that streams gets include_usage",
    auto,
    '{"stream":true}',
    { stream: true, stream_options: asked },
  ],
  [
    "whose last member is stream gets include_usage",
    auto,
    '{"a":1, "stream" : true }',
    { a: 1, stream: true, stream_options: asked },
  ],
  ["that does not stream", auto, '{"stream":false}', { stream: false }],
  ["without a stream member", auto, "{}", {}],
  ["with a stream of null", auto, '{"stream":null}', { stream: null }],
  [
    "with its own stream_options",
    auto,
    '{"stream":true,"stream_options":{"include_usage":false}}',
    { stream: true, stream_options: { include_usage: false } },
  ],
  [
    "with stream_options of null",
    auto,
    '{"stream_options":null,"stream":true}',
    { stream: true, stream_options: asked },
  ],
  [
    "with empty stream_options",
    auto,
    '{"stream":true,"stream_options": { } ,"a":1}',
    { stream: true, a: 1, stream_options: asked },
  ],
  [
    "with stream_options that say nothing about usage",
    auto,
    '{"stream":true,"stream_options":{ "include_obfuscation": false}}',
    { stream: true, stream_options: { ...asked, include_obfuscation: false } },
  ],
  [
    "with long stream_options that say nothing about usage",
    auto,
    '{"stream":true,"stream_options":{"include_obfuscation":false,"x":"0123456789"}}',
    { stream: true, stream_options: { include_obfuscation: false, x: "0123456789" } },
  ],
  [
    "with stream_options of another type",
    auto,
    '{"stream":true,"stream_options":[]}',
    { stream: true, stream_options: [] },
  ],
  ["with stream_options of null and no stream", auto, '{"stream_options":null}', {}],
  [
    "that streams by default gets include_usage",
    hostOf({ members: [{ ...stream, default: "true" }, question] }),
    "{}",
    { stream: true, stream_options: asked },
  ],
  [
    "that overrides the default",
    hostOf({ members: [{ ...stream, default: "true" }, question] }),
    '{"stream":false}',
    { stream: false },
  ],
  [
    "that is forced to stream gets include_usage",
    hostOf({ members: [{ ...stream, override: "true" }, question] }),
    '{"stream":false}',
    { stream: true, stream_options: asked },
  ],
];

describe("a request", () => {
  for (const [name, host, body, expected] of requests) {
    it(`${name}: ${JSON.stringify(expected)}`, () => {
      const sizes = [...everySplit(Buffer.from(body))].map((chunks) => {
        const sent = post(host, chunks).forwardedText;
        assert.deepEqual(JSON.parse(sent), expected);
        return sent.length;
      });
      assert.equal(new Set(sizes).size, 1, "the length is the same for every split");
    });
  }

  it("is refused if stream occurs twice or has another type", () => {
    const host = hostOf({ members: asksForUsage });
    assert.equal(
      post(host, ['{"stream":false,"str\\u0065am":true}']).refusal,
      "400 llm_egress_duplicate_member",
    );
    for (const value of ['"true"', "1", "{}", "[]", '"'.padEnd(400, "x") + '"']) {
      const { refusal } = post(host, [`{"stream":${value}}`]);
      assert.equal(refusal, "400 llm_egress_invalid_parameter", value);
    }
  });
});

describe("stream_options", () => {
  it("stay in their place if the request has said that it does not stream", () => {
    for (const options of ["null", "{ }", '{"include_obfuscation":false}']) {
      for (const stream of ["false", "null"]) {
        const sent = `{"stream":${stream}, "stream_options": ${options} ,"a":1`;
        for (const chunks of everySplit(Buffer.from(sent + "}"))) {
          assert.equal(post(auto, chunks).forwardedText.trimEnd().replace(/ *}$/, ""), sent);
        }
      }
    }
  });

  it("are refused if they occur twice, whether the request streams or not", () => {
    for (const stream of ["true", "false"]) {
      const options = '"stream_options":null,"a":1,"streamOptions":{}';
      for (const body of [`{"stream":${stream},${options}}`, `{${options},"stream":${stream}}`]) {
        assert.equal(post(auto, [body]).refusal, "400 llm_egress_duplicate_member", body);
      }
    }
  });
});

function streamed(body: string, host = auto): WasmStream {
  const answered = send(host, { chunks: [body] });
  const headers = { ":status": "200", "content-type": "text/event-stream", "content-length": "9" };
  answered.response(Object.entries(headers));
  return answered;
}

function returned(chunks: readonly Buffer[], body = '{"stream":true}'): WasmStream {
  const answered = streamed(body);
  for (const [index, chunk] of chunks.entries()) {
    answered.responseBody(chunk, index === chunks.length - 1);
  }
  answered.end();
  return answered;
}

const text = sse(chatChunk("Hi", null), usageChunk(usage), chatChunk("!", null), "[DONE]");

const forms: [string, string][] = [
  ["LF", text],
  ["CRLF", text.replaceAll("\n", "\r\n")],
  ["CR", text.replaceAll("\n", "\r")],
  ["other fields and comments before it", text.replaceAll("data", ": c\nevent: x\nid: 1\ndata")],
  ["several lines of data", text.replaceAll(",", ",\ndata: ")],
  ["its place at the end", sse(chatChunk("Hi"), usageChunk(usage))],
  ["no blank line after it", sse(chatChunk("Hi"), usageChunk(usage)).trimEnd()],
  ["whitespace in its choices", text.replaceAll("[]", "[ \t ]").replaceAll("[{", "[ {")],
  ["usage before its choices", sse({ usage, choices: [] }, { usage, choices: [{}] })],
  [
    "whitespace wherever JSON allows it",
    'data: { "choices" : [ \t] , "x" : null , "usage" : { "prompt_tokens" : 19 } }\n\ndata: { "choices" : [ { } ] , "usage" : { "prompt_tokens" : 19 } }\n\n',
  ],
  ["no choices, or choices of null", sse({ usage }, { choices: null, usage }, chatChunk("!"))],
  ["members that every chunk has", sse({ ...usageChunk(usage), obfuscation: "x", provider: "y" })],
  ["an error before it", sse({ error: { message: "x" } }, usageChunk(usage))],
  ["others of the same kind", sse(usageChunk(usage), usageChunk(usage)).repeat(2)],
];

describe("the extra chunk that the filter requested", () => {
  for (const [name, form] of forms) {
    it(`is removed with ${name}, and nothing else is`, () => {
      const { kept, dropped } = referenceStream(form);
      assert.ok(dropped > 0);
      const bytes = Buffer.from(form);
      for (const chunks of [singleBytes(bytes), ...everySplit(bytes), [bytes, Buffer.alloc(0)]]) {
        const answered = returned(chunks);
        assert.equal(answered.returnedText, kept.join(""), `cut at ${chunks[0]?.length}`);
        const tokens = answered.filterState.get("asm.llmproxy.request_prompt_tokens");
        assert.equal(tokens, "19");
      }
    });
  }
});

describe("the usage chunk", () => {
  it("is removed together with the announced length", () => {
    assert.deepEqual(
      streamed('{"stream":true}').responseHeaders.map(([name]) => name),
      [":status", "content-type"],
    );
    const own = streamed('{"stream":true,"stream_options":{"include_usage":false}}');
    assert.equal(own.responseHeaders.at(-1)?.[0], "content-length");
  });

  it("is kept if the client asked for it, or declined it", () => {
    for (const options of ['{"include_usage":true}', '{"include_usage":false}']) {
      const body = `{"stream":true,"stream_options":${options}}`;
      for (const chunks of everySplit(Buffer.from(text))) {
        assert.equal(returned(chunks, body).returnedText, text);
      }
    }
  });

  it("is distinguished from chunks with an error or without usage", () => {
    const others = sse(
      { choices: [], prompt_filter_results: [] },
      usageChunk(null),
      { choices: [], usage: "x" },
      { type: "message_delta", usage: { output_tokens: 5 } },
      { output: { text: "x" }, usage: { input_tokens: 5, output_tokens: 5, total_tokens: 10 } },
      { ...usageChunk({ prompt_tokens: 1 }), timings: { prompt_n: 1 } },
      { error: { message: "x" }, usage },
    );
    for (const chunks of everySplit(Buffer.from(others))) {
      assert.equal(returned(chunks).returnedText, others);
    }
  });
});

describe("a usage chunk that has more than the usage", () => {
  const timings = { prompt_n: 18 };
  const more = { ...usageChunk(usage), timings };
  const bare: Record<string, unknown> = { ...more };
  delete bare.choices;
  const forms: [string, object][] = [
    ["no choices", bare],
    ["choices of null", { choices: null, usage, timings }],
    ["choices at its end", { usage, timings, choices: [] }],
    ["citations", { ...usageChunk(usage), citations: ["https://example.com"] }],
  ];
  for (const [name, chunk] of [["empty choices", more] as const, ...forms]) {
    it(`reaches the client as a chunk with one empty choice and no usage: ${name}`, () => {
      const sent = sse(chatChunk("Hi"), chunk, "[DONE]");
      const expected = referenceStream(sent).kept.join("");
      const received = JSON.parse(eventsOf(expected)[1]!.slice("data: ".length)) as object;
      const choices = [{ index: 0, delta: {}, text: "" }];
      const changed: Record<string, unknown> = { ...chunk, choices, usage: null };
      if (!("choices" in chunk)) delete changed.usage;
      assert.deepEqual(received, changed);
      const bytes = Buffer.from(sent);
      for (const chunks of [singleBytes(bytes), ...everySplit(bytes)]) {
        const answered = returned(chunks);
        assert.equal(answered.returnedText, expected, `cut at ${chunks[0]?.length}`);
        assert.equal(answered.filterState.get("asm.llmproxy.request_prompt_tokens"), "19");
      }
    });
  }

  it("is kept unchanged if its usage is on several lines", () => {
    const sent = sse(more).replace('"completion', '\ndata: "completion');
    for (const chunks of everySplit(Buffer.from(sent))) {
      assert.equal(returned(chunks).returnedText, sent);
    }
  });
});

describe("what is held back", () => {
  it("is no part of an event that has ended, or that is known to be kept", () => {
    const bytes = Buffer.from(text);
    const answered = streamed('{"stream":true}');
    for (let end = 1; end <= bytes.length; end++) {
      answered.responseBody(bytes.subarray(end - 1, end));
      const so = bytes.subarray(0, end).toString();
      const events = eventsOf(so);
      const last = so.endsWith("\n\n") ? "" : events.pop()!;
      const known = /"choices":\[[^\]]/.test(last) || last.startsWith("data: [") ? last : "";
      const expected = referenceStream(events.join("")).kept.join("") + known;
      assert.equal(answered.returnedText, expected, `after ${end} bytes`);
    }
  });

  it("is nothing if the filter did not request usage", () => {
    const answered = streamed('{"stream":true,"stream_options":{"include_usage":true}}');
    for (const byte of Buffer.from(text)) {
      answered.responseBody(Buffer.from([byte]));
      assert.equal(answered.returned.at(-1)!.length, 1);
    }
  });

  it("is bounded: an event that is longer than any usage is forwarded", () => {
    const long = sse({ object: "x".repeat(9000), usage, choices: [] });
    const answered = streamed('{"stream":true}');
    answered.responseBody(long.slice(0, 4096));
    assert.equal(answered.returnedText, "");
    answered.responseBody(long.slice(4096, 4097));
    assert.equal(answered.returnedText, long.slice(0, 4097));
    answered.responseBody(long.slice(4097), true);
    assert.equal(answered.returnedText, long);
  });
});

describe("a comment before an event", () => {
  it("is kept and forwarded immediately, as it may keep the connection alive", () => {
    for (const end of ["\n", "\r\n", "\r"]) {
      const answered = streamed('{"stream":true}');
      const sent = `${end}: alive${end}: alive${end}`;
      for (const byte of Buffer.from(sent)) answered.responseBody(Buffer.from([byte]));
      assert.equal(answered.returnedText, sent);
      answered.responseBody(sse(usageChunk(usage)), true);
      assert.equal(answered.returnedText, sent);
    }
  });
});

const lineEnd = fc.constantFrom("\n", "\r\n", "\r");
const data = fc.oneof(
  fc.constant(JSON.stringify(usageChunk(usage))),
  fc.constant("[DONE]"),
  fc
    .string({ unit: "grapheme", maxLength: 30 })
    .map((each) => JSON.stringify(chatChunk(each, null))),
  fc
    .jsonValue({ maxDepth: 3, stringUnit: "grapheme" })
    .map((value) => JSON.stringify({ value, choices: [], usage: null })),
  fc.nat().map((count) => JSON.stringify(usageChunk({ ...usage, prompt_tokens: count }))),
);
const other = fc.constantFrom("", ": comment", "id: 1", "event: x", "datum: {", "data");
const event = fc
  .tuple(other, data, other, lineEnd, fc.constantFrom("data: ", "data:"))
  .map(
    ([before, value, after, end, field]) =>
      [before, field + value, after, ""].filter((line, i) => i === 3 || line !== "").join(end) +
      end,
  );

describe("a random stream", () => {
  it("is forwarded in the same form, no matter how it is split", () => {
    const cuts = fc.array(fc.nat(), { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), cuts, (all, places) => {
        const bytes = Buffer.from(all.join(""));
        const expected = referenceStream(all.join(""));
        const answered = returned(cutAt(bytes, places));
        assert.equal(answered.returnedText, expected.kept.join(""));
        const tokens = answered.filterState.get("asm.llmproxy.request_prompt_tokens");
        assert.equal(tokens, expected.promptTokens?.toString());
      }),
      { numRuns: 3000 },
    );
  });
});
