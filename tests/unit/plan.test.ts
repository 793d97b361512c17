import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { compile } from "../../src/compile.ts";
import { buildPlan } from "../../src/plan/build.ts";
import type { Plan, RulePlan } from "../../src/plan/plan.ts";
import {
  environmentNames,
  toPluginConfig,
  unservedDestinations,
} from "../../src/plan/to-plugin-config.ts";
import { parse } from "../../src/parse/parse.ts";
import { validate } from "../../src/validate/validate.ts";
import { planOf } from "../support/compile-text.ts";

const clustersOf = ({ host, port }: { host: string; port: number }): string[] => [
  `${host}:${port}`,
];

test("the plan does not depend on the order of the input", () => {
  const text = readFileSync("tests/golden/envoy/two-providers/input.yaml", "utf8");
  const sources = text.split("---\n").map((each, index) => ({ file: `${index}.yaml`, text: each }));
  const forwards = compile(sources, "any").plan;
  const backwards = compile(sources.toReversed(), "any").plan;
  assert.ok(forwards);
  assert.equal(JSON.stringify(backwards), JSON.stringify(forwards));
});

test("a gateway's short name is one in the route's namespace", () => {
  const plan = planOf(readFileSync("tests/golden/envoy/two-providers/input.yaml", "utf8"));
  const route = plan.routes.find((each) => each.name === "openai");
  assert.deepEqual(route?.gateways, ["mesh", "istio-system/egress"]);
  assert.deepEqual(route.rules[0]?.destinations, [
    {
      ...{ host: "egress.istio-system.svc.cluster.local", port: 443 },
      ...{ kind: "gateway", usesTls: false, weight: 100 },
    },
  ]);
});

test("keys are named once each, and sorted", () => {
  const plan = planOf(readFileSync("tests/golden/envoy/two-providers/input.yaml", "utf8"));
  assert.deepEqual(environmentNames(plan), ["AZURE_KEY", "OPENAI_KEY", "OPENAI_KEY_GOLD"]);
});

test("the filter is told the route that leads to a provider where there is one and no settings depend on it", () => {
  const plan = planOf(readFileSync("tests/golden/envoy/two-providers/input.yaml", "utf8"));
  const routesOf = (changed: Plan) => {
    const context = { clustersOf, unservedClusters: [], ownAuthorities: [], maxSources: 1 };
    const { providers } = toPluginConfig(changed, context);
    return Object.fromEntries(providers.map(({ name, route }) => [name, route]));
  };
  const alone = { "istio-system/azure": "everyone", "models/vllm": "local" };
  // Three rules lead to it.
  assert.deepEqual(routesOf(plan), { ...alone, "istio-system/openai": undefined });
  const [route] = plan.routes.filter(({ name }) => name === "openai");
  const [, subscribers, everyone] = route!.rules;
  const routes = plan.routes.filter(({ name }) => name === "local");
  const withRules = (...rules: RulePlan[]) => ({
    ...plan,
    routes: [...routes, { ...route!, rules }],
  });
  // It has settings of its own for `subscribers`, which might lead there all the same.
  assert.deepEqual(routesOf(withRules(everyone!)), { ...alone, "istio-system/openai": undefined });
  const without = plan.providers.map((each) => ({ ...each, routeSettings: [] }));
  const simple = { ...withRules(everyone!), providers: without };
  assert.deepEqual(routesOf(simple), { ...alone, "istio-system/openai": "everyone" });
  // Rules that a gateway leaves to sidecars are no route of its own.
  for (const match of [{ gateways: ["mesh"] }, { sourceLabels: { app: "gold" } }]) {
    const matches = [{ ...everyone!.matches[0]!, ...match }];
    const sidecars = { ...withRules({ ...everyone!, matches }), providers: without };
    const undecided = { "istio-system/azure": undefined, "istio-system/openai": undefined };
    assert.deepEqual(routesOf(sidecars), { ...alone, ...undecided });
  }
  // Two rules of one name are one route to Envoy.
  const twice = {
    ...withRules(everyone!, { ...subscribers!, name: "everyone" }),
    providers: without,
  };
  assert.deepEqual(routesOf(twice), { ...alone, "istio-system/openai": "everyone" });
});

test("a destination that no provider serves is an unserved cluster of the filter", () => {
  const text = readFileSync("examples/quickstart/dashscope-route.yaml", "utf8");
  const ignored = (): void => {};
  const options = {
    target: "any",
    errors: "refuse",
    isComplete: true,
    hasKeyServer: true,
  } as const;
  const documents = parse([{ file: "route.yaml", text }], ignored);
  const resources = validate(documents, options, ignored);
  const plan = buildPlan(resources);
  const unservedClusters = unservedDestinations(plan).flatMap(clustersOf);
  const context = { clustersOf, unservedClusters, ownAuthorities: ["own:1"], maxSources: 7 };
  const config = toPluginConfig(plan, context);
  assert.deepEqual(config, {
    version: 1,
    authorities: ["dashscope.aliyuncs.com", "own:1"],
    maxSources: 7,
    unservedClusters: ["dashscope.aliyuncs.com:443"],
    endpoints: [],
    providers: [],
  });
});

test("settings for a rule are those of its LLMRoute, by its full name or its name alone", () => {
  const route = (name: string, rules: string): string => `
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMRoute
metadata: {name: ${name}, namespace: ns}
spec:
  host: ${name}.example
  rules: [${rules}]
`;
  const rule = (name: string): string =>
    `{name: ${name}, matches: [{headers: {x-r: {exact: ${name}}}}], backendRefs: [{providerHost: a.example}]}`;
  const provider = `
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMProvider
metadata: {name: a, namespace: ns}
spec:
  host: a.example
  configs:
    routeSpecificConfigs:
      vip: {openAIConfig: {model: bare}}
      ns/two/vip: {openAIConfig: {model: full}}
`;
  const text = [provider, route("one", `${rule("vip")}, ${rule("x")}`), route("two", rule("vip"))];
  const { diagnostics, plan } = compile([{ file: "a.yaml", text: text.join("---") }], "istio");
  assert.deepEqual(diagnostics, []);
  const shown = plan?.providers[0]?.routeSettings.map(
    ({ rule: name, route: { name: of }, settings }) =>
      [name, of, settings.members[0]?.override].join(" "),
  );
  assert.deepEqual(shown, ['vip one "bare"', 'vip two "full"']);
  const codes = compile([{ file: "a.yaml", text: text.join("---") }], "envoy").diagnostics;
  assert.deepEqual(
    codes.map(({ code }) => code),
    ["ambiguous_rule"],
  );
});
