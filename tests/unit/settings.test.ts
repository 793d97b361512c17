import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  completeMembers,
  groupOf,
  memberKey,
  type Members,
  mergeMembers,
  tokenMembers,
} from "../../src/model/members.ts";
import type { PluginMember, PluginSettings } from "../../contract/plugin-config.ts";
import { compileText, planOf, providerText, ruleText } from "../support/compile-text.ts";

/** Without what asks for usage, which has tests of its own. */
function settingsOf(config: string): PluginSettings {
  return planOf(providerText(withoutUsage(config))).providers[0]!.settings;
}

function withoutUsage(config: string): string {
  return config.replace(/^\{/, "{usage: Off, ").replace(", }", "}");
}

/** The settings of a rule whose own openAIConfig is `own`. */
function mergedOf(base: string, own: string): PluginSettings {
  return planOf(ruleText(withoutUsage(base), own)).providers[0]!.routeSettings[0]!.settings;
}

test("without an openAIConfig, nothing is edited and the usual header would carry a key", () => {
  assert.deepEqual(settingsOf("{}"), {
    authHeader: "authorization",
    authPrefix: "Bearer ",
    members: [],
  });
});

test("model and stream are overrides and come first, and no stream means no stream_options", () => {
  const { members } = settingsOf("{parameters: {defaults: {n: 1}}, stream: false, model: qwen}");
  assert.deepEqual(members, [
    { name: "model", override: '"qwen"' },
    { name: "stream", override: "false" },
    { name: "stream_options", remove: true },
    { name: "n", default: "1" },
  ]);
});

test("with streamMismatch: Refuse, an enforced false refuses other values", () => {
  const refusing = { name: "stream", override: "false", refuseOther: true };
  const options = { name: "stream_options", remove: true };
  const overrides = "{streamMismatch: Refuse, parameters: {overrides: {Stream: false}}}";
  assert.deepEqual(settingsOf("{stream: false, streamMismatch: Refuse}").members, [
    refusing,
    options,
  ]);
  assert.deepEqual(settingsOf(overrides).members, [{ ...refusing, name: "Stream" }, options]);
  const rule = mergedOf("{streamMismatch: Refuse}", "{stream: false}");
  assert.deepEqual(rule.members, [refusing, options]);
});

test("streamMismatch changes nothing if streaming is allowed, or as Override", () => {
  assert.deepEqual(
    settingsOf("{stream: true, streamMismatch: Refuse}"),
    settingsOf("{stream: true}"),
  );
  assert.deepEqual(settingsOf("{streamMismatch: Refuse, model: a}"), settingsOf("{model: a}"));
  const overriding = mergedOf(
    "{stream: false, streamMismatch: Refuse}",
    "{streamMismatch: Override}",
  );
  assert.deepEqual(overriding, settingsOf("{stream: false}"));
});

test("an enforced stream leaves stream_options alone", () => {
  assert.deepEqual(settingsOf("{stream: true}").members, [{ name: "stream", override: "true" }]);
});

test("an override of one token name drops the others", () => {
  const { members } = settingsOf("{parameters: {overrides: {max_completion_tokens: 10}}}");
  assert.deepEqual(members, [
    { name: "max_completion_tokens", override: "10" },
    { name: "max_tokens", remove: true },
    { name: "max_output_tokens", remove: true },
  ]);
});

test("a limit on one token name bounds all of them", () => {
  const { members } = settingsOf("{parameters: {limits: {max_tokens: 4096}}}");
  const group = "max_tokens";
  assert.deepEqual(
    members,
    tokenMembers.map((name) => ({ name, limit: "4096", nonNegative: true, group })),
  );
});

test("a default for one token name is not added where the client sent another", () => {
  const { members } = settingsOf("{parameters: {defaults: {max_output_tokens: 5}}}");
  const group = "max_tokens";
  assert.deepEqual(members, [
    { name: "max_output_tokens", default: "5", group },
    { name: "max_tokens", group },
    { name: "max_completion_tokens", group },
  ]);
});

test("a removed token name is dropped while the others keep limit and default", () => {
  const { members } = settingsOf(
    "{parameters: {defaults: {max_completion_tokens: 5}, limits: {max_output_tokens: 9}, remove: [max_tokens]}}",
  );
  const group = "max_tokens";
  assert.deepEqual(members, [
    { name: "max_completion_tokens", default: "5", limit: "9", nonNegative: true, group },
    { name: "max_output_tokens", limit: "9", nonNegative: true, group },
    { name: "max_tokens", remove: true },
  ]);
});

test("a removed token name alone concerns no other", () => {
  const { members } = settingsOf("{parameters: {remove: [max_tokens]}}");
  assert.deepEqual(members, [{ name: "max_tokens", remove: true }]);
});

test("a key is trimmed, and the header's name is in lower case", () => {
  const settings = settingsOf('{apiKey: " ${KEY} ", auth: {header: Api-Key, prefix: ""}}');
  assert.equal(settings.apiKey, "${KEY}");
  assert.equal(settings.authHeader, "api-key");
  assert.equal(settings.authPrefix, "");
});

test("route-specific scalars and lists replace, objects merge by key", () => {
  const settings = mergedOf(
    "{apiKey: '${A}', auth: {header: x-key, prefix: k}, maxRequestBytes: 10, models: {allow: [a], aliases: {x: y, z: z}}}",
    "{apiKey: '${B}', auth: {prefix: ''}, models: {allow: [b], aliases: {x: w}}}",
  );
  assert.deepEqual(settings, {
    authHeader: "x-key",
    authPrefix: "",
    members: [],
    apiKey: "${B}",
    maxRequestBytes: 10,
    models: { allow: ["b"], aliases: { x: "w", z: "z" } },
  });
});

test("a member that the route places leaves its place in the default", () => {
  const { members } = mergedOf(
    "{model: a, parameters: {defaults: {n: 1, top_p: 0.50}, overrides: {user: u}, remove: [seed]}}",
    "{parameters: {defaults: {model: b, seed: 7}, overrides: {N: 2}, remove: [user]}}",
  );
  assert.deepEqual(members, [
    { name: "model", default: '"b"' },
    { name: "N", override: "2" },
    { name: "top_p", default: "0.50" },
    { name: "user", remove: true },
    { name: "seed", default: "7" },
  ]);
});

test("the route's override of a token name takes the place of the default's other names and limit", () => {
  const { members } = mergedOf(
    "{parameters: {defaults: {max_tokens: 5}, limits: {max_output_tokens: 100}}}",
    "{parameters: {overrides: {max_completion_tokens: 50}}}",
  );
  assert.deepEqual(members, [
    { name: "max_completion_tokens", override: "50" },
    { name: "max_tokens", remove: true },
    { name: "max_output_tokens", remove: true },
  ]);
});

test("the value of a member is one value: the route's replaces it whole", () => {
  const { members } = mergedOf(
    "{parameters: {defaults: {response_format: {type: json_schema, json_schema: {}}}}}",
    "{parameters: {defaults: {response_format: {type: text}}}}",
  );
  assert.deepEqual(members, [{ name: "response_format", default: '{"type":"text"}' }]);
});

const name = fc.constantFrom("model", "stream", "n", "user", "Top_P", "top_p", ...tokenMembers);
const placement = fc.constantFrom<Partial<PluginMember>>(
  { override: "1" },
  { default: "2" },
  { remove: true },
  { limit: "3" },
  { default: "2", limit: "3" },
);
/** Members as a sound openAIConfig gives them: at most one of the token names. */
const members: fc.Arbitrary<Members> = fc
  .uniqueArray(fc.tuple(name, placement), { selector: ([each]) => groupOf(memberKey(each)).join() })
  .map((list) => new Map(list.map(([each, place]) => [memberKey(each), { name: each, ...place }])));

test("merging: what the route places is what the result does", () => {
  fc.assert(
    fc.property(members, members, (base, own) => {
      const complete = completeMembers(mergeMembers(base, own));
      for (const [key, { override, default: value, remove }] of own) {
        const result = complete.find((each) => memberKey(each.name) === key);
        if (override !== undefined) assert.equal(result?.override, override);
        if (value !== undefined) assert.equal(result?.default, value);
        if (remove !== undefined) assert.equal(result?.remove, true);
      }
    }),
  );
});

test("merging: each member has one place, and there is one token limit and one token value", () => {
  fc.assert(
    fc.property(members, members, (base, own) => {
      const complete = completeMembers(mergeMembers(base, own));
      const keys = complete.map((each) => memberKey(each.name));
      assert.equal(new Set(keys).size, keys.length);
      for (const { override, default: value, remove } of complete) {
        const places = [override, value, remove].filter((place) => place !== undefined);
        assert.ok(places.length <= 1);
      }
      const tokens = complete.filter((each) => tokenMembers.includes(memberKey(each.name)));
      const values = tokens.filter((each) => each.override ?? each.default);
      assert.ok(values.length <= 1);
      assert.ok(tokens.every((each) => each.override === undefined || each.limit === undefined));
    }),
  );
});

test("merging: the same again changes nothing, and nothing changes nothing", () => {
  const none: Members = new Map();
  fc.assert(
    fc.property(members, members, (base, own) => {
      const merged = mergeMembers(base, own);
      assert.deepEqual(completeMembers(mergeMembers(merged, own)), completeMembers(merged));
      assert.deepEqual(mergeMembers(base, none), base);
      assert.deepEqual(mergeMembers(none, own), own);
    }),
  );
});

test("merging: a default's limit stays in force unless the route limits, overrides or removes", () => {
  fc.assert(
    fc.property(members, members, (base, own) => {
      const complete = completeMembers(mergeMembers(base, own));
      for (const [key, { limit, override, remove }] of base) {
        const group = groupOf(key);
        const isChanged = group.some((each) => own.has(each));
        if (limit === undefined || override !== undefined || remove || isChanged) continue;
        const left = complete.filter((each) => group.includes(memberKey(each.name)));
        assert.ok(left.length === group.length && left.every((each) => each.limit === limit));
      }
    }),
  );
});

function usageMembersOf(config: string): PluginMember[] {
  return planOf(providerText(config)).providers[0]!.settings.members;
}

const question = { name: "stream_options", default: '{"include_usage":true}', forStreams: true };

test("the usage of streams is asked for, as the client's stream decides", () => {
  assert.deepEqual(usageMembersOf("{}"), [{ name: "stream", stream: true }, question]);
  assert.deepEqual(usageMembersOf("{usage: Auto, parameters: {defaults: {stream: true}}}"), [
    { name: "stream", default: "true", stream: true },
    question,
  ]);
  assert.deepEqual(usageMembersOf("{stream: true}"), [
    { name: "stream", override: "true", stream: true },
    question,
  ]);
});

test("usage is not asked for where it is off, where nothing streams, and where stream_options are the operator's", () => {
  assert.deepEqual(usageMembersOf("{usage: Off}"), []);
  assert.deepEqual(usageMembersOf("{stream: false}"), [
    { name: "stream", override: "false" },
    { name: "stream_options", remove: true },
  ]);
  assert.deepEqual(usageMembersOf("{parameters: {remove: [stream]}}"), [
    { name: "stream", remove: true },
  ]);
  const own = "{parameters: {overrides: {stream_options: {include_usage: false}}}}";
  assert.deepEqual(usageMembersOf(own), [
    { name: "stream_options", override: '{"include_usage":false}' },
  ]);
});

test("a route may turn off asking for usage", () => {
  const text = ruleText("{usage: Auto}", "{usage: Off}");
  assert.deepEqual(planOf(text).providers[0]!.routeSettings[0]!.settings.members, []);
});

test("counts the members that are implied towards the 64 that the filter can hold", () => {
  const codesWith = (removed: number): string[] => {
    const remove = Array.from({ length: removed }, (_, index) => `member_${index}`);
    // The model is read, stream: false removes stream_options as well, and a limit holds for all
    // three names of the token limit.
    const config = { stream: false, parameters: { limits: { max_tokens: 100 }, remove } };
    const { diagnostics } = compileText(providerText(JSON.stringify(config)));
    return diagnostics.map(({ code }) => code);
  };
  assert.ok(!codesWith(58).includes("too_many_members"));
  assert.ok(codesWith(59).includes("too_many_members"));
});

test("a key is in the environment, in a Secret, or one of several", () => {
  const { apiKeySecretRef } = settingsOf("{apiKeySecretRef: {name: openai, key: api-key}}");
  assert.equal(apiKeySecretRef, "openai/api-key");
  const several = settingsOf("{apiKeys: [{env: A}, {secretRef: {name: openai, key: b}}]}");
  assert.deepEqual(several.apiKeys, [{ apiKey: "${A}" }, { apiKeySecretRef: "openai/b" }]);
});

test("a rule's key replaces the default's, in whatever way each is given", () => {
  const ways = {
    apiKey: '"${A}"',
    apiKeySecretRef: "{name: openai, key: b}",
    apiKeys: "[{env: C}]",
  };
  for (const [base, baseValue] of Object.entries(ways)) {
    for (const [own, value] of Object.entries(ways)) {
      const merged = mergedOf(`{${base}: ${baseValue}}`, `{${own}: ${value}}`);
      const set = Object.keys(merged).filter((field) => field.startsWith("apiKey"));
      assert.deepEqual(set, [own]);
    }
    assert.ok(base in mergedOf(`{${base}: ${baseValue}}`, "{model: m}"));
  }
});
