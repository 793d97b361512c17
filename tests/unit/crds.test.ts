import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";

interface Node {
  type?: string;
  description?: string;
  default?: unknown;
  properties?: Record<string, Node>;
  items?: Node;
  additionalProperties?: Node;
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
      assert.ok(type, `${path} has no type`);
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
