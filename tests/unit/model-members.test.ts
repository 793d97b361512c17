// Parameters that depend on the model, as the filter gets them.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PluginSettings } from "../../contract/plugin-config.ts";
import { compileText, planOf, providerText, ruleText } from "../support/compile-text.ts";

function settingsOf(config: string): PluginSettings {
  return planOf(providerText(config)).providers[0]!.settings;
}

/** The settings of a rule whose own openAIConfig is `own`. */
function mergedOf(base: string, own: string): PluginSettings {
  return planOf(ruleText(base, own)).providers[0]!.routeSettings[0]!.settings;
}

test("members of models are those that differ from the others', under names that all lists have", () => {
  const models = "{o3*: {remove: [temperature]}, gpt-5: {limits: {n: 2}}}";
  const rest = "defaults: {temperature: 0.5}, limits: {n: 4}";
  const { members, modelMembers } = settingsOf(
    `{usage: Off, parameters: {${rest}, models: ${models}}}`,
  );
  assert.deepEqual(members, [
    { name: "temperature", default: "0.5" },
    { name: "n", limit: "4" },
  ]);
  assert.deepEqual(modelMembers, [
    { model: "gpt-5", members: [{ name: "n", limit: "2" }] },
    { model: "o3*", members: [{ name: "temperature", remove: true }] },
  ]);
  const added = settingsOf("{usage: Off, parameters: {models: {a: {defaults: {max_tokens: 1}}}}}");
  assert.deepEqual(
    added.members.map(({ name }) => name),
    ["max_tokens", "max_completion_tokens", "max_output_tokens"],
  );
  assert.deepEqual(added.members[0], { name: "max_tokens" });
});

test("globs of models are listed from the most specific to the least", () => {
  const globs = ["*", "a?", "a*", "?", "ab", "a**", "*b*", "AB*", "*-latest", "a?c"];
  const models = JSON.stringify(Object.fromEntries(globs.map((glob) => [glob, {}])));
  const { modelMembers = [] } = settingsOf(`{usage: Off, parameters: {models: ${models}}}`);
  assert.deepEqual(
    modelMembers.map(({ model }) => model),
    ["*-latest", "a?c", "ab", "ab*", "a?", "a*", "*b*", "a**", "?", "*"],
  );
});

test("a rule's parameters of a model are merged by glob, and over the rule's other parameters", () => {
  const base = "{usage: Off, parameters: {models: {o3*: {remove: [a, b]}, gpt: {limits: {n: 1}}}}}";
  const own = "{usage: Off, parameters: {overrides: {a: 1}, models: {O3*: {defaults: {b: 2}}}}}";
  const { members, modelMembers } = mergedOf(base, own);
  assert.deepEqual(members, [{ name: "a", override: "1" }, { name: "n" }, { name: "b" }]);
  assert.deepEqual(modelMembers, [
    { model: "gpt", members: [{ name: "n", limit: "1" }] },
    {
      model: "o3*",
      members: [
        { name: "a", remove: true },
        { name: "b", default: "2" },
      ],
    },
  ]);
});

test("members of all models count towards the 64", () => {
  const codesWith = (each: number): string[] => {
    const names = (glob: string) => Array.from({ length: each }, (_, index) => `${glob}_${index}`);
    const models = { a: { remove: names("a") }, b: { remove: names("b") } };
    const config = { usage: "Off", parameters: { models } };
    return compileText(providerText(JSON.stringify(config))).diagnostics.map(({ code }) => code);
  };
  // The model and what asks for usage are members as well.
  assert.ok(!codesWith(30).includes("too_many_members"));
  assert.ok(codesWith(31).includes("too_many_members"));
});
