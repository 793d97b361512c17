// Parameters that depend on the model, wherever the body has it: the compiler's settings in the
// built module. Each body is sent split at every offset, and must come out as the same bytes.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { defaultEndpoints, endpointLines } from "../../src/model/endpoints.ts";
import { compileText, planOf, providerText } from "../support/compile-text.ts";
import { configOf, hostOf, send } from "../support/filter-host.ts";
import { everySplit, singleBytes } from "../support/splits.ts";
import { WasmHost } from "../support/wasm-host.ts";

const byModel = `{
  "o3*": {remove: [temperature, top_p], defaults: {reasoning_effort: low}},
  "O3-Pro": {overrides: {temperature: 1, reasoning_effort: high}, limits: {max_tokens: 50}},
  "gpt-5*": {remove: [max_tokens], limits: {max_completion_tokens: 20}, overrides: {top_p: 1}}
}`;

const common = "{defaults: {temperature: 0.5}, limits: {max_tokens: 100}}";

function hostWith(rest: string, models = byModel, parameters = common): WasmHost {
  const all = parameters.replace(/\}$/, `, models: ${models}}`);
  const text = `{usage: Off, ${rest} parameters: ${all}}`.replaceAll("\n", " ");
  const settings = planOf(providerText(text)).providers[0]!.settings;
  const endpoints = [endpointLines([...defaultEndpoints, "messages"])];
  const config = { ...configOf({ ...settings, apiKey: "sk-0" }), endpoints };
  return new WasmHost({ config });
}

const host = hostWith("models: {aliases: {think: o3-mini, fast: gpt-4o}},");

/** What the provider gets of `body`, parsed, or the refusal. */
function outcome(body: string, path = "/v1/chat/completions", by = host): unknown {
  const bytes = Buffer.from(body);
  const outcomes = [...everySplit(bytes), singleBytes(bytes)].map((chunks) => {
    const headers = { ":path": path, "content-length": String(bytes.length) };
    const stream = send(by, { headers, chunks });
    stream.end();
    if (stream.refusal !== "") {
      const { error } = JSON.parse(stream.localResponses[0]!.body) as { error: { param: string } };
      return `${stream.refusal} ${error.param}`;
    }
    const announced = stream.requestHeaders.find(([name]) => name === "content-length")?.[1];
    assert.equal(announced, String(Buffer.byteLength(stream.forwardedText)));
    return stream.forwardedText;
  });
  assert.equal(new Set(outcomes).size, 1, [...new Set(outcomes)].join("\n"));
  return outcomes[0]!.startsWith("{") ? JSON.parse(outcomes[0]!) : outcomes[0];
}

function assertOutcomes(cases: [string, unknown][], path?: string): void {
  for (const [body, expected] of cases) assert.deepEqual(outcome(body, path), expected, body);
}

function* orders<Item>(items: readonly Item[]): Generator<Item[]> {
  if (items.length === 0) yield [];
  for (const [index, item] of items.entries()) {
    for (const rest of orders(items.toSpliced(index, 1))) yield [item, ...rest];
  }
}

describe("parameters of a model", () => {
  const sent = { temperature: "2.50", max_tokens: "200", x: "[1]" };
  const results: Record<string, object> = {
    '"gpt-4o"': { model: "gpt-4o", temperature: 2.5, max_tokens: 100, x: [1] },
    '"think"': { model: "o3-mini", max_tokens: 100, x: [1], reasoning_effort: "low" },
    '"o3-pro"': {
      ...{ model: "o3-pro", temperature: 1, max_tokens: 50, x: [1] },
      reasoning_effort: "high",
    },
    '"GPT-5.1"': { model: "GPT-5.1", temperature: 2.5, x: [1], top_p: 1 },
    null: { model: null, temperature: 2.5, max_tokens: 100, x: [1] },
  };

  for (const [model, expected] of Object.entries(results)) {
    it(`apply to ${model}, wherever it comes in the body`, () => {
      for (const members of orders(Object.entries({ model, ...sent }))) {
        const text = members.map(([name, value]) => `"${name}":${value}`).join();
        assert.deepEqual(outcome(`{${text}}`), expected, text);
      }
    });
  }
});

describe("the parameters", () => {
  it("are those of all other models without a model", () => {
    assertOutcomes([
      ["{}", { temperature: 0.5 }],
      [
        '{"top_p":1,"temperature":2,"max_tokens":101}',
        { top_p: 1, temperature: 2, max_tokens: 100 },
      ],
    ]);
  });

  it("may be those of the default model", () => {
    const config = hostWith("", byModel.replace("{", '{"o4": {remove: [temperature]}, '));
    assert.deepEqual(outcome('{"temperature":1,"model":"o4"}', undefined, config), { model: "o4" });
  });

  it("depend on the model that the provider gets, in any spelling", () => {
    assertOutcomes([
      ['{"temperature":1,"model":"th\\u0069nk"}', { model: "o3-mini", reasoning_effort: "low" }],
      ['{"temperature":1,"MOD-EL":"\\u004f3"}', { "MOD-EL": "O3", reasoning_effort: "low" }],
      ['{"temper\\u0061ture":1,"TOP_P":2,"model":"o3"}', { model: "o3", reasoning_effort: "low" }],
      ['{"a":{"model":"o3"},"temperature":1}', { a: { model: "o3" }, temperature: 1 }],
    ]);
  });

  it("are the most specific ones", () => {
    const models =
      '{"*": {remove: [a]}, "o?": {remove: [b]}, "o*": {remove: [c]}, o3: {remove: [d]}}';
    const by = hostWith("", models);
    const body = (model: string) => `{"a":1,"b":1,"c":1,"d":1,"model":"${model}","temperature":0}`;
    const kept = (model: string) =>
      Object.keys(outcome(body(model), undefined, by) as object).sort();
    assert.deepEqual(kept("gpt"), ["b", "c", "d", "model", "temperature"]);
    assert.deepEqual(kept("o4"), ["a", "c", "d", "model", "temperature"]);
    assert.deepEqual(kept("o4-mini"), ["a", "b", "d", "model", "temperature"]);
    assert.deepEqual(kept("o3"), ["a", "b", "c", "model", "temperature"]);
  });
});

describe("a member that depends on the model and comes before it", () => {
  it("keeps its text", () => {
    const chunks = ['{"a":1,"temperature" : 0.700 ,"model":"gpt-4o"}'];
    assert.match(send(host, { chunks }).forwardedText, /,"temperature":0\.700 *\}$/);
  });

  it("may be an object or a list", () => {
    const by = hostWith("", '{"o3": {remove: [reasoning, stop]}}');
    const body = (model: string) =>
      `{"reasoning":{"effort":{"a":[]}},"stop":["}"],"model":"${model}"}`;
    assert.deepEqual(outcome(body("o3"), undefined, by), { model: "o3", temperature: 0.5 });
    assert.deepEqual(outcome(body("o4"), undefined, by), {
      ...{ model: "o4", reasoning: { effort: { a: [] } }, stop: ["}"], temperature: 0.5 },
    });
  });

  it("is refused if it is longer than 64 bytes", () => {
    const value = (bytes: number) => `"${"x".repeat(bytes - 2)}"`;
    const longest = { model: "gpt-4o", reasoning_effort: "x".repeat(62), temperature: 0.5 };
    assertOutcomes([[`{"reasoning_effort":${value(64)},"model":"gpt-4o"}`, longest]]);
    const refused = "400 llm_egress_model_too_late reasoning_effort";
    for (const bytes of [65, 256, 257, 600]) {
      assertOutcomes([
        [`{"reasoning_effort":${value(bytes)},"model":"gpt-4o"}`, refused],
        [`{"reasoning_effort":${value(bytes)}}`, refused],
        [`{"reasoning_effort":[${value(bytes)}],"model":"o3-pro"}`, refused],
      ]);
    }
    const long = "x".repeat(600);
    const after = { model: "gpt-4o", reasoning_effort: long, temperature: 0.5 };
    assertOutcomes([[`{"model":"gpt-4o","reasoning_effort":"${long}"}`, after]]);
  });
});

describe("a member before the model that depends on it", () => {
  it("is refused if it is sent twice", () => {
    const refused = "400 llm_egress_duplicate_member";
    assertOutcomes([
      ['{"temperature":1,"Temperature":2,"model":"gpt-4o"}', `${refused} temperature`],
      ['{"temperature":1,"model":"gpt-4o","temper\\u0061ture":2}', `${refused} temperature`],
      ['{"max_tokens":1,"model":"gpt-4o","max_tokens":2}', `${refused} max_tokens`],
      ['{"temperature":1,"model":"o3","temperature":2,"model":"gpt-4o"}', `${refused} model`],
      ['{"temperature":1,"model":"o3","temperature":2}', { model: "o3", reasoning_effort: "low" }],
    ]);
  });

  it("is refused if its value is not accepted for the model", () => {
    const refused = "400 llm_egress_invalid_parameter max_tokens";
    assertOutcomes([
      ['{"max_tokens":"9","model":"gpt-4o"}', refused],
      ['{"max_tokens":"9"}', refused],
      ['{"max_tokens":[9],"model":"o3-pro"}', refused],
      ['{"max_tokens":"9","model":"gpt-5"}', { model: "gpt-5", top_p: 1, temperature: 0.5 }],
    ]);
  });

  it("counts as sent: no other name of it is added", () => {
    const models = '{"o3": {remove: [max_tokens], defaults: {max_completion_tokens: 9}}}';
    const by = hostWith("", models);
    const get = (body: string) => outcome(body, undefined, by);
    assert.deepEqual(get('{"max_tokens":5,"model":"x"}'), {
      model: "x",
      max_tokens: 5,
      temperature: 0.5,
    });
    const added = { model: "o3", max_completion_tokens: 9, temperature: 0.5 };
    assert.deepEqual(get('{"max_tokens":5,"model":"o3"}'), added);
    const own = { model: "o3", max_completion_tokens: 5, temperature: 0.5 };
    assert.deepEqual(get('{"max_completion_tokens":5,"model":"o3"}'), own);
  });
});

describe("parameters of a model on other endpoints", () => {
  it("apply to responses and messages, and to nothing else", () => {
    const models = '{"o3": {defaults: {max_tokens: 9}, limits: {max_tokens: 10}}}';
    const by = hostWith("", models);
    const get = (path: string, body: string) => outcome(body, path, by);
    const plain = { model: "o3", temperature: 0.5 };
    assert.deepEqual(get("/v1/responses", '{"model":"o3"}'), { ...plain, max_output_tokens: 9 });
    const limited = { ...plain, max_output_tokens: 10 };
    assert.deepEqual(get("/v1/responses", '{"max_output_tokens":11,"model":"o3"}'), limited);
    assert.deepEqual(get("/v1/completions", '{"model":"o3"}'), { ...plain, max_tokens: 9 });
    assert.deepEqual(get("/v1/messages", '{"model":"o3"}'), { ...plain, max_tokens: 9 });
    assert.deepEqual(get("/v1/messages", '{"model":"o4"}'), { model: "o4", temperature: 0.5 });
    assert.deepEqual(get("/v1/responses", '{"model":"o4"}'), { model: "o4", temperature: 0.5 });
    assert.deepEqual(get("/v1/embeddings", '{"max_tokens":99,"model":"o3"}'), {
      ...{ max_tokens: 99, model: "o3" },
    });
  });
});

describe("the announced length", () => {
  it("is that of each endpoint, though models share what they have in common", () => {
    const tokens = "9".repeat(80);
    const by = hostWith("", `{"o3": {defaults: {max_tokens: ${tokens}}}}`, "{remove: [a]}");
    for (const endpoint of ["messages", "responses", "chat/completions"]) {
      for (const model of ["o3", "o4"]) outcome(`{"model":"${model}"}`, `/v1/${endpoint}`, by);
    }
  });
});

describe("a configured model", () => {
  const long = `"${"x".repeat(300)}"`;

  it("decides at once, and needs no room for what it withholds", () => {
    const by = hostWith("model: o3-mini,");
    const body = `{"reasoning_effort":${long},"temperature":1,"model":"gpt-4o"}`;
    const expected = { model: "o3-mini", reasoning_effort: "x".repeat(300) };
    assert.deepEqual(outcome(body, undefined, by), expected);
    const text = send(by, { chunks: ["{}"] }).forwardedText;
    assert.ok(text.length < 200, text);
  });

  it("that is only a default applies if the client names none", () => {
    const parameters = `{defaults: {model: o3}, models: {"o3": {remove: [a]}}}`;
    const { members, modelMembers } = planOf(
      providerText(`{usage: Off, parameters: ${parameters}}`),
    ).providers[0]!.settings;
    const by = hostOf({ members, modelMembers: modelMembers! });
    assert.deepEqual(outcome('{"a":1,"b":2}', undefined, by), { b: 2, model: "o3" });
    assert.deepEqual(outcome('{"a":1,"model":"x"}', undefined, by), { model: "x", a: 1 });
  });
});

describe("the memory of a configuration", () => {
  it("has what is the same for all models once", () => {
    const names = Array.from({ length: 55 }, (_, i) => `member_${i}`);
    const globs = Array.from({ length: 16 }, (_, i) => [`m${i}`, { remove: ["a"] }] as const);
    const parameters = { remove: names, models: Object.fromEntries(globs) };
    const { settings } = planOf(providerText(JSON.stringify({ parameters }))).providers[0]!;
    const routes = Array.from({ length: 50 }, (_, i) => ({ name: `r${i}`, settings }));
    const { memory } = new WasmHost({ config: configOf(settings, { routes }) });
    assert.ok(memory.buffer.byteLength < 32 * 1024 * 1024, `${memory.buffer.byteLength}`);
  });
});

const memberName = fc.constantFrom("a", "b", "max_tokens", "max_completion_tokens", "temperature");
const number = fc.integer({ min: 0, max: 9 });
const section = fc.constantFrom("defaults", "overrides", "limits", "remove");
const managed = fc
  .dictionary(memberName, fc.tuple(section, number), { maxKeys: 2 })
  .map(inSections);
const glob = fc.constantFrom("o3*", "o*", "*-pro", "o3-pro", "gpt-?");
const globs = fc.dictionary(glob, managed, { minKeys: 1, maxKeys: 2 });
const body = fc
  .tuple(fc.dictionary(memberName, number), fc.constantFrom("o3", "O3-pro", "gpt-5", "x-pro", null))
  .chain(([members, model]) => fc.shuffledSubarray(Object.entries({ ...members, model })));

function inSections(members: Record<string, [string, number]>): Record<string, unknown> {
  const sections: Record<string, Record<string, number>> = {};
  for (const [name, [part, value]] of Object.entries(members))
    (sections[part] ??= {})[name] = value;
  return sections["remove"] ? { ...sections, remove: Object.keys(sections["remove"]) } : sections;
}

function matches(pattern: string, model: unknown): boolean {
  const source = pattern.replaceAll("*", ".*").replaceAll("?", ".");
  return typeof model === "string" && new RegExp(`^${source}$`, "i").test(model);
}

describe("random parameters of models", () => {
  // What the filter does with one list of members is tested by itself.
  it("do what the same list of members does without globs", () => {
    let applied = 0;
    fc.assert(
      fc.property(managed, globs, body, (rest, models, members) => {
        const config = JSON.stringify({ usage: "Off", parameters: { ...rest, models } });
        const { plan } = compileText(providerText(config));
        if (plan === undefined) return;
        const settings = plan.providers[0]!.settings;
        const text = JSON.stringify(Object.fromEntries(members));
        const { model } = JSON.parse(text) as { model?: unknown };
        const entry = settings.modelMembers?.find((each) => matches(each.model, model));
        const own = settings.members.map(
          (member) => entry?.members.find(({ name }) => name === member.name) ?? member,
        );
        const expected = outcome(text, undefined, hostOf({ members: own }));
        const { members: all, modelMembers = [] } = settings;
        assert.deepEqual(
          outcome(text, undefined, hostOf({ members: all, modelMembers })),
          expected,
        );
        if (entry !== undefined) applied++;
      }),
      { numRuns: 300 },
    );
    assert.ok(applied > 25, `${applied} applied`);
  });
});
