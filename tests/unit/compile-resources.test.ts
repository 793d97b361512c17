import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseAllDocuments } from "yaml";
import { type Compilation, compileResources } from "../../src/compile.ts";
import { formatDiagnostics, formatResource, hasErrors } from "../../src/diagnostics.ts";
import { ObjectDocument } from "../../src/parse/object-document.ts";
import { manyResources } from "../support/many-resources.ts";

const apiVersion = "istio.alibabacloud.com/v1beta1";

function provider(name: string, spec: object): object {
  return { apiVersion, kind: "LLMProvider", metadata: { name, namespace: "models" }, spec };
}

function route(name: string, spec: object): object {
  return { apiVersion, kind: "LLMRoute", metadata: { name, namespace: "models" }, spec };
}

/** A rule that leads to `host`. */
function rule(host: string, more: object = {}): object {
  return { name: "rule", backendRefs: [{ providerHost: host }], ...more };
}

function compileObjects(objects: readonly object[], errors?: "leave-out"): Compilation {
  const documents = objects.map((each) => new ObjectDocument(each));
  return compileResources(documents, "istio", errors && { errors });
}

/** The resources that have an error, or else are in the plan. */
function outcome(...objects: object[]): { failed: string[]; planned: string[] } {
  const { diagnostics, plan } = compileObjects(objects, "leave-out");
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  const all = [...(plan?.providers ?? []), ...(plan?.routes ?? [])];
  return {
    failed: errors.map(({ resource, code }) => `${resource?.name}: ${code}`),
    planned: all.map(({ name }) => name),
  };
}

test("a diagnostic about a live object names its resource, and points into no text", () => {
  const objects = [
    provider("a", { host: "a.example" }),
    provider("b", { host: "a.example", port: "x" }),
    provider("c", { host: "a.example" }),
  ];
  const { diagnostics, plan } = compileObjects(objects);
  assert.equal(plan, undefined);
  const [first] = diagnostics;
  const resource = { kind: "LLMProvider", namespace: "models", name: "b" };
  assert.deepEqual(first?.resource, resource);
  assert.ok(!("file" in first) && !("line" in first) && !("excerpt" in first));
  const text = formatDiagnostics(diagnostics);
  assert.match(text, /^LLMProvider models\/b: spec\.port: must be a whole number/m);
  assert.match(text, /^LLMProvider models\/c: spec\.host: .*LLMProvider models\/a/m);
});

test("with its JSON text, a live object's numbers keep their digits", () => {
  const defaults = '{"seed":12345678901234567890,"top_p":0.5}';
  const config = `{"defaultConfig":{"openAIConfig":{"parameters":{"defaults":${defaults}}}}}`;
  const value = provider("a", { host: "a.example", configs: null });
  const json = JSON.stringify(value).replace('"configs":null', `"configs":${config}`);
  const membersOf = (document: ObjectDocument) => {
    const { plan } = compileResources([document], "istio");
    const members = plan?.providers[0]?.settings.members ?? [];
    return members.flatMap(({ name, default: text }) => (name === "seed" ? [text] : []));
  };
  const object = JSON.parse(json) as object;
  assert.deepEqual(membersOf(new ObjectDocument(object, json)), ["12345678901234567890"]);
  assert.deepEqual(membersOf(new ObjectDocument(object)), ["12345678901234567000"]);
});

test("no resources are an empty plan", () => {
  const { diagnostics, plan } = compileObjects([]);
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(plan, { providers: [], routes: [], authorities: [] });
});

test("a resource in error is left out, and those that refer to it are not", () => {
  const sound = [
    provider("a", { host: "a.example" }),
    route("a-route", { host: "a.example", rules: [rule("a.example")] }),
  ];
  const broken = provider("b", { host: "b.example", path: "no-slash" });
  const referring = route("b-route", {
    host: "b.example",
    rules: [rule("b.example", { name: "b" })],
  });
  const twice = provider("c", {
    host: "c.example",
    configs: { routeSpecificConfigs: { b: { openAIConfig: { model: "m" } } } },
  });
  assert.deepEqual(outcome(...sound, twice, referring, broken), {
    failed: ["b: invalid_path", "b-route: unknown_provider"],
    planned: ["a", "c", "a-route", "b-route"],
  });
  const { plan } = compileObjects([broken, referring], "leave-out");
  const destinations = plan?.routes[0]?.rules[0]?.destinations;
  assert.deepEqual(
    destinations?.map(({ kind }) => kind),
    ["unserved"],
  );
});

test("of two resources that claim the same thing, the later one is left out", () => {
  const a = provider("a", { host: "a.example" });
  assert.deepEqual(
    outcome(a, provider("b", { host: "a.example" }), provider("a", { host: "c.example" })),
    {
      failed: ["a: duplicate_resource", "b: duplicate_host"],
      planned: ["a"],
    },
  );
});

test("a resource in error claims nothing", () => {
  const broken = provider("a", { host: "a.example", path: "no-slash" });
  assert.deepEqual(outcome(broken, provider("b", { host: "a.example" })), {
    failed: ["a: invalid_path"],
    planned: ["b"],
  });
  const at = (name: string, ...gateways: string[]) =>
    route(name, { host: "b.example", gateways, rules: [rule("b.example")] });
  const routes = [at("first", "mesh"), at("second", "mesh", "egress"), at("third", "egress")];
  assert.deepEqual(outcome(provider("b", { host: "b.example" }), ...routes), {
    failed: ["second: overlapping_routes"],
    planned: ["b", "first", "third"],
  });
});

/** Mostly one of the first values: most resources must be sound for the rest to matter. */
function mostly<Value>(sound: Value[], faulty: Value): fc.Arbitrary<Value> {
  return fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(...sound) },
    { weight: 1, arbitrary: fc.constant(faulty) },
  );
}

const host = mostly(["a.example", "b.example", "c.example", "d.example"], "Not A Host");
const ruleName = fc.constantFrom("one", "two", "three");
const config = fc.record(
  {
    openAIConfig: fc.record(
      {
        apiKey: mostly(["${KEY}"], "${KEY"),
        auth: fc.record({ header: mostly(["x-key"], "host") }),
        parameters: fc.record({
          limits: fc.constant({ max_tokens: 9 }),
          defaults: fc.record({ max_tokens: mostly<unknown>([5], 10) }),
        }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);
const providerSpec = fc.record(
  {
    host,
    port: mostly([443], 0),
    configs: fc.record(
      {
        defaultConfig: config,
        routeSpecificConfigs: fc.dictionary(ruleName, config, { maxKeys: 1 }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: ["host"] },
);
const gateways = fc.array(mostly(["mesh", "egress", "other/gateway"], "//"), { maxLength: 2 });
const match = fc.record(
  {
    headers: fc.dictionary(mostly(["x-key", "x-team"], "cookie"), fc.constant({ exact: "v" })),
    gateways,
  },
  { requiredKeys: [] },
);
const routeSpec = fc.record(
  {
    host,
    gateways,
    rules: fc.array(
      fc.record(
        {
          name: ruleName,
          matches: fc.array(match, { maxLength: 2 }),
          backendRefs: fc.tuple(fc.record({ providerHost: host })),
        },
        { requiredKeys: ["name", "backendRefs"] },
      ),
      { minLength: 1, maxLength: 2 },
    ),
  },
  { requiredKeys: ["host", "rules"] },
);
const anyResources = fc
  .array(
    fc.oneof(
      providerSpec.map((spec) => provider("", spec)),
      routeSpec.map((spec) => route("", spec)),
    ),
    { maxLength: 7 },
  )
  .map((all) =>
    all.map((each, index) => ({ ...each, metadata: { name: `r${index}`, namespace: "models" } })),
  );

const unresolved = ["unknown_rule", "unknown_provider"];

test("what is left compiles as if what was left out did not exist", () => {
  let [left, lost] = [0, 0];
  fc.assert(
    fc.property(anyResources, (objects) => {
      const { diagnostics, plan } = compileObjects(objects, "leave-out");
      const errors = diagnostics.filter(
        ({ severity, code }) => severity === "error" && !unresolved.includes(code),
      );
      const failed = new Set(errors.map(({ resource }) => resource && formatResource(resource)));
      const rest = objects.filter(
        ({ kind, metadata }: { kind?: string; metadata: { name: string } }) =>
          !failed.has(`${kind} models/${metadata.name}`),
      );
      left += rest.length;
      lost += objects.length - rest.length;
      const alone = compileObjects(rest, "leave-out");
      const others = alone.diagnostics.filter(({ severity }) => severity === "error");
      assert.deepEqual(
        others.filter(({ code }) => !unresolved.includes(code)),
        [],
      );
      assert.deepEqual(plan, alone.plan);
      const isRefused = failed.size + others.length > 0;
      assert.equal(hasErrors(compileObjects(objects).diagnostics), isRefused);
    }),
    { numRuns: 500 },
  );
  assert.ok(left > 100 && lost > 100, `${left} left, ${lost} left out`);
});

test("no object makes it throw", () => {
  const header = {
    apiVersion: fc.constant(apiVersion),
    kind: fc.constantFrom("LLMProvider", "LLMRoute", "List"),
  };
  const junk = fc.jsonValue({ maxDepth: 3 });
  const object = fc.record(
    { ...header, metadata: junk, spec: junk, items: junk },
    { requiredKeys: ["kind"] },
  );
  fc.assert(
    fc.property(fc.array(object, { maxLength: 3 }), (objects) => {
      assert.ok(compileObjects(objects, "leave-out").plan);
      compileObjects(objects);
    }),
    { numRuns: 1000 },
  );
});

test("1,000 providers and as many routes compile in less than a second", () => {
  const objects = parseAllDocuments(manyResources(1000)).map((each) => each.toJS() as object);
  // Processor time, and the best of three runs: neither other work on the machine nor node's own
  // compilation of the code must count.
  const times = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    const { plan } = compileObjects(objects, "leave-out");
    const { user, system } = process.cpuUsage(before);
    assert.equal(plan?.providers.length, 1000);
    return (user + system) / 1000;
  });
  assert.ok(Math.min(...times) < 1000, `${times.join(", ")} ms`);
});
