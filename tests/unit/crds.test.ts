import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { MAX_MEMBERS } from "../../contract/limits.ts";
import { endpointMethods } from "../../contract/endpoints.ts";
import { builtInEndpoints } from "../../src/model/endpoints.ts";
import { reservedHeaders } from "../../contract/reserved-headers.ts";

interface Node {
  type?: string;
  description?: string;
  default?: unknown;
  "x-kubernetes-validations"?: { rule: string; message?: string }[];
  properties?: Record<string, Node>;
  items?: Node;
  maxItems?: number;
  maxProperties?: number;
  maxLength?: number;
  additionalProperties?: Node;
  enum?: string[];
  anyOf?: Node[];
}

interface Crd {
  spec: { versions: { schema: { openAPIV3Schema: Node } }[] };
}

/** Every field of a CRD's schema with its path; `metadata` is Kubernetes' own. */
function fieldsOf(file: string): [string, Node][] {
  const crd = parse(readFileSync(`deploy/crds/${file}`, "utf8")) as Crd;
  return walk("", crd.spec.versions[0]!.schema.openAPIV3Schema).filter(
    ([path]) => path !== ".metadata",
  );
}

function walk(path: string, node: Node): [string, Node][] {
  const children = Object.entries(node.properties ?? {}).map(([name, child]): [string, Node] => [
    `${path}.${name}`,
    child,
  ]);
  if (node.items) children.push([`${path}[]`, node.items]);
  if (node.additionalProperties) children.push([`${path}{}`, node.additionalProperties]);
  return [[path, node], ...children.flatMap(([below, child]) => walk(below, child))];
}

for (const file of ["llmproviders.yaml", "llmroutes.yaml"]) {
  test(`${file}: kubectl explain has a text for every field`, () => {
    for (const [path, { description, type }] of fieldsOf(file)) {
      // An endpoint is a name or a mapping, and no field of a structural schema has two types.
      assert.ok(type || path === ".spec.endpoints[]", `${path} has no type`);
      const isPartOfOne = /(\[\]|\{\})$/.test(path);
      assert.ok(isPartOfOne || description, `${path} has no description`);
    }
  });
}

test("the API server writes no default into a configuration that is merged over another", () => {
  for (const [path, node] of fieldsOf("llmproviders.yaml")) {
    if (path.includes(".configs")) assert.equal(node.default, undefined, path);
  }
});

/** Each CEL rule of a CRD with the path of its field. */
function rulesOf(file: string): { path: string; rule: string; message?: string }[] {
  return fieldsOf(file).flatMap(([path, node]) =>
    (node["x-kubernetes-validations"] ?? []).map((each) => ({ path, ...each })),
  );
}

test("every rule of the CRDs says what it wants", () => {
  const rules = ["llmproviders.yaml", "llmroutes.yaml"].flatMap(rulesOf);
  assert.ok(rules.length > 10);
  for (const { path, message } of rules) assert.ok(message, path);
});

test("the API server and the compiler refuse the same headers for a credential", () => {
  const rules = rulesOf("llmproviders.yaml").filter(({ path }) => path.endsWith(".auth.header"));
  const list = /\bin \[(.*?)\]/.exec(rules.map(({ rule }) => rule).join("\n"))?.[1] ?? "";
  const names = list.split(/,\s*/).map((name) => name.replaceAll("'", ""));
  assert.deepEqual(names, reservedHeaders);
});

test("the API server and the compiler know the same endpoints and methods", () => {
  const fields = new Map(fieldsOf("llmproviders.yaml"));
  const names = fields.get(".spec.endpoints[]")?.anyOf?.[0]?.enum;
  assert.deepEqual(names, Object.keys(builtInEndpoints));
  assert.deepEqual(fields.get(".spec.endpoints[].methods[]")?.enum, endpointMethods);
});

test("a provider can't limit more members than the filter manages", () => {
  for (const [path, node] of fieldsOf("llmproviders.yaml")) {
    if (path.endsWith(".limits")) assert.equal(node.maxProperties, MAX_MEMBERS, path);
  }
});

// The API server estimates what its rules cost from the greatest size that the schema allows.
test("whatever a rule may run over is bounded", () => {
  for (const file of ["llmproviders.yaml", "llmroutes.yaml"]) {
    for (const [path, node] of fieldsOf(file)) {
      if (node.items) assert.ok(node.maxItems, path);
      if (node.additionalProperties) assert.ok(node.maxProperties, path);
      if (node["x-kubernetes-validations"] && node.type === "string") {
        assert.ok(node.maxLength, path);
      }
    }
  }
});
