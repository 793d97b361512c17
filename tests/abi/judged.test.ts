// Judged members, whose value the filter checks: limits, models, groups and their defaults, and
// duplicates in any spelling.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PluginSettings } from "../../contract/plugin-config.ts";
import { hostOf, post, send } from "../support/filter-host.ts";
import { everySplit } from "../support/splits.ts";
import type { WasmHost } from "../support/wasm-host.ts";

// The body that the provider receives, or the refusal. Checks that it is the same for every split.
function outcome(host: WasmHost, body: string): unknown {
  const outcomes = [...everySplit(Buffer.from(body))].map((chunks) => {
    const stream = post(host, chunks);
    if (stream.refusal === "") return stream.forwardedText;
    const { error } = JSON.parse(stream.localResponses[0]!.body) as { error: { param: string } };
    return `${stream.refusal} ${error.param}`;
  });
  assert.equal(new Set(outcomes).size, 1, outcomes.join("\n"));
  return outcomes[0]!.startsWith("{") ? JSON.parse(outcomes[0]!) : outcomes[0];
}

function assertOutcomes(some: Partial<PluginSettings>, cases: [string, unknown][]): void {
  const host = hostOf(some);
  for (const [body, expected] of cases) assert.deepEqual(outcome(host, body), expected, body);
}

describe("a limit", () => {
  const members = [{ name: "max_tokens", limit: "4096" }];

  it("forwards a value within it unchanged", () => {
    const host = hostOf({ members });
    for (const value of [
      "4096",
      "4096.0",
      "4.096e3",
      "0",
      "-5",
      "-1e999",
      "1e-999",
      "null",
      "1.50",
    ]) {
      const body = `{"a":1,"max_tokens":${value}`;
      assert.ok(post(host, [Buffer.from(body + "}")]).forwardedText.startsWith(body), value);
    }
  });

  it("replaces a value that exceeds it, even by very little", () => {
    const above = [
      "4097",
      "4096.0000000000000000001",
      "4.097e3",
      "1e999",
      "40960000000000000000001e-19",
    ];
    for (const value of above) {
      assertOutcomes({ members }, [
        [`{"max_tokens":${value}}`, { max_tokens: 4096 }],
        [`{"a":1, "max_tokens" : ${value} ,"b":2}`, { a: 1, b: 2, max_tokens: 4096 }],
      ]);
    }
  });
});

describe("a limited member", () => {
  const members = [{ name: "max_tokens", limit: "4096" }];
  const refused = "400 llm_egress_invalid_parameter max_tokens";

  it("is refused if it is not a number", () => {
    for (const value of ['"1"', '""', "[]", "[1]", "{}", "true", "false"]) {
      assertOutcomes({ members }, [[`{"a":1,"max_tokens":${value},"b":2}`, refused]]);
    }
  });

  it("is not added if the client sent none", () => {
    assertOutcomes({ members }, [['{"a":{"max_tokens":9999}}', { a: { max_tokens: 9999 } }]]);
  });

  it("replaces a negative number if it must not be negative", () => {
    const some = [{ name: "n", limit: "4", nonNegative: true as const }];
    assertOutcomes({ members: some }, [
      ['{"n":-1}', { n: 4 }],
      ['{"n":-0.0}', { n: 4 }],
      ['{"n":0}', { n: 0 }],
    ]);
  });

  it("may have any number as a limit", () => {
    const seed = [{ name: "seed", limit: "9007199254740992" }];
    const host = hostOf({ members: seed });
    const capped = post(host, [Buffer.from('{"seed":9007199254740993}')]);
    assert.match(capped.forwardedText, /"seed":9007199254740992}/);
    assertOutcomes({ members: [{ name: "t", limit: "-1.5" }] }, [
      ['{"t":-1.49}', { t: -1.5 }],
      ['{"t":-1.51}', { t: -1.51 }],
    ]);
  });
});

const models = {
  allow: ["qwen-*", "gpt-?", "we\u00df"],
  aliases: { fast: "qwen-turbo", 'a"b': 'x"y\\', "\u4f60": "\u597d", "": "empty" },
};

describe("a model", () => {
  it("is accepted if a glob allows it, in any spelling", () => {
    const names = ["qwen-", "qwen-max", "gpt-4", "we\u00df", "qwen-\ud83d\ude00"];
    assertOutcomes(
      { models },
      names.map((model) => [JSON.stringify({ model }), { model }]),
    );
    assertOutcomes({ models }, [
      ['{"model":"\\u0071wen\\u002dmax"}', { model: "qwen-max" }],
      ['{"model":"qwen-\\/"}', { model: "qwen-/" }],
    ]);
  });

  it("is refused if no glob allows it", () => {
    const names = ["gpt-", "gpt-40", "Qwen-max", " qwen-max", "xqwen-max", "fast ", "FAST", "*"];
    const refused = "403 llm_egress_model_not_allowed model";
    assertOutcomes(
      { models },
      names.map((model) => [JSON.stringify({ a: 1, model, b: 2 }), refused]),
    );
    assertOutcomes({ models: { allow: [] } }, [['{"model":""}', refused]]);
  });
});

describe("a model's alias", () => {
  it("is replaced by the model that it names", () => {
    for (const [alias, model] of Object.entries(models.aliases)) {
      assertOutcomes({ models }, [[JSON.stringify({ a: 1, model: alias }), { a: 1, model }]]);
    }
    assertOutcomes({ models }, [['{"MODEL":"f\\u0061st"}', { model: "qwen-turbo" }]]);
  });

  it("does not affect other names if only aliases are configured", () => {
    assertOutcomes({ models: { aliases: models.aliases } }, [
      ['{"model":"anything"}', { model: "anything" }],
      ['{"model":"fast"}', { model: "qwen-turbo" }],
    ]);
  });
});

describe("a model's value", () => {
  it("means no model if it is null, and is refused if it is not a string", () => {
    assertOutcomes({ models }, [
      ['{"model":null}', { model: null }],
      ["{}", {}],
    ]);
    for (const value of ["1", "true", "[]", '{"model":"fast"}']) {
      const refused = "400 llm_egress_invalid_parameter model";
      assertOutcomes({ models }, [[`{"model":${value}}`, refused]]);
    }
  });

  it("is not judged if it is overridden, on completions", () => {
    const host = hostOf({ models, members: [{ name: "model", override: '"forced"' }] });
    assert.deepEqual(outcome(host, '{"model":"gpt-40","a":[]}'), { model: "forced", a: [] });
  });
});

describe("a second copy of a judged member", () => {
  const members = [{ name: "max_tokens", limit: "100" }];
  const spellings = [
    ...['"max_tokens"', '"MAX_TOKENS"', '"maxTokens"', '"max-tokens"'],
    ...['"m\\u0061x_tokens"', '"max_to\\u212Aens"', '"max_to\u212aens"', '"max_token\u017f"'],
    ...['"\\u006D\\u0061\\u0078_Token\\u017F"'],
  ];

  it("is refused in any spelling and order", () => {
    const refused = "400 llm_egress_duplicate_member max_tokens";
    for (const first of spellings) {
      for (const second of spellings) {
        const body = Buffer.from(`{${first}:1,"a":2,${second}:3}`);
        const stream = post(hostOf({ members }), [body]);
        assert.equal(stream.refusal, "400 llm_egress_duplicate_member");
      }
      assertOutcomes({ members }, [
        [`{${first}:1,"max_tokens":1}`, refused],
        [`{"max_tokens":101,${first}:null}`, refused],
      ]);
    }
  });

  it("is distinguished from a member at another depth or with another name", () => {
    const body = { max_tokens: 1, a: [{ max_tokens: 2 }], max_tokensx: 3, max_token: 4 };
    assertOutcomes({ members }, [[JSON.stringify(body), body]]);
  });
});

describe("a default", () => {
  const group = { group: "max_tokens" };
  const members = [
    { name: "max_tokens", default: "64", limit: "100", ...group },
    { name: "max_completion_tokens", limit: "100", ...group },
    { name: "max_output_tokens", remove: true as const, ...group },
    { name: "temperature", default: "0.7" },
  ];

  it("is added if the client sent no member of its group", () => {
    assertOutcomes({ members }, [
      ["{}", { max_tokens: 64, temperature: 0.7 }],
      ['{"temperature":1}', { temperature: 1, max_tokens: 64 }],
      ['{"max_tokens":5}', { max_tokens: 5, temperature: 0.7 }],
      ['{"max_completion_tokens":5}', { max_completion_tokens: 5, temperature: 0.7 }],
      ['{"Max_Completion_Tokens":101}', { max_completion_tokens: 100, temperature: 0.7 }],
      ['{"max_output_tokens":5}', { temperature: 0.7 }],
    ]);
  });

  it("is not added if the client sent null", () => {
    assertOutcomes({ members }, [
      ['{"temperature":null}', { temperature: null, max_tokens: 64 }],
      ['{"max_completion_tokens":null}', { max_completion_tokens: null, temperature: 0.7 }],
    ]);
  });
});

describe("on endpoints other than completions", () => {
  const host = hostOf({
    members: [
      { name: "temperature", default: "0.7" },
      { name: "user", remove: true },
      { name: "model", override: '"forced"' },
      { name: "max_tokens", limit: "100" },
    ],
    models: { allow: ["qwen-*"], aliases: { fast: "qwen-turbo" } },
  });
  const ask = (path: string, body: string) =>
    send(host, { headers: { ":path": path }, chunks: [body] });

  for (const path of ["/v1/embeddings", "/v1/images/generations"]) {
    it(`${path} has its model judged, and nothing else changed`, () => {
      const kept = '{"user":"u", "max_tokens":[999],"model":"qwen-max"';
      assert.match(
        ask(path, kept + "}").forwardedText,
        /^{"user":"u", "max_tokens":\[999\],"model":"qwen-max" +}$/,
      );
      const aliased = ask(path, '{"model":"fast","n":1}').forwardedText;
      assert.deepEqual(JSON.parse(aliased), { n: 1, model: "qwen-turbo" });
      assert.equal(ask(path, '{"model":"gpt"}').refusal, "403 llm_egress_model_not_allowed");
      assert.equal(ask(path, '{"model":"fast",}').refusal, "400 llm_egress_invalid_json");
    });
  }

  it("legacy completions are edited like chat completions", () => {
    for (const path of ["/v1/completions", "/v1/chat/completions", "/"]) {
      const { forwardedText } = ask(path, '{"user":"u","max_tokens":999,"model":"gpt"}');
      const expected = { max_tokens: 100, model: "forced", temperature: 0.7 };
      assert.deepEqual(JSON.parse(forwardedText), expected);
    }
  });
});

describe("on /responses", () => {
  it("the policy holds as on chat completions", () => {
    const members = [
      { name: "user", remove: true as const },
      { name: "model", override: '"forced"' },
      { name: "temperature", default: "0.7" },
    ];
    const body = '{"user":"u","max_output_tokens":5,"model":"gpt"}';
    const stream = send(hostOf({ members }), {
      headers: { ":path": "/v1/responses" },
      chunks: [body],
    });
    const expected = { max_output_tokens: 5, model: "forced", temperature: 0.7 };
    assert.deepEqual(JSON.parse(stream.forwardedText), expected);
  });

  it("a default for the token limit goes out once, as max_output_tokens, and usage is not asked for", () => {
    const tokens = hostOf({
      members: [
        { name: "stream", stream: true, override: "true" },
        { name: "max_tokens", default: "64", group: "t" },
        { name: "max_completion_tokens", default: "65", group: "t" },
        { name: "max_output_tokens", limit: "100", group: "t" },
        { name: "stream_options", default: '{"include_usage":true}', forStreams: true },
      ],
    });
    const edited = (body: string): unknown =>
      JSON.parse(
        send(tokens, { headers: { ":path": "/v1/responses" }, chunks: [body] }).forwardedText,
      );
    assert.deepEqual(edited("{}"), { stream: true, max_output_tokens: 64 });
    assert.deepEqual(edited('{"max_output_tokens":500}'), { stream: true, max_output_tokens: 100 });
    assert.deepEqual(edited('{"max_tokens":7}'), { stream: true, max_tokens: 7 });
  });
});
