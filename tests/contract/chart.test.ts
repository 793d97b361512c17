// What the chart and the image must agree on with the program, and with what they are generated
// from.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Ajv } from "ajv";
import { Command } from "commander";
import { parse, parseAllDocuments } from "yaml";
import { addControllerOptions } from "../../src/cli/controller.ts";

interface Schema {
  type?: string;
  description?: string;
  properties?: Record<string, Schema>;
}

const read = (path: string): unknown => parse(readFileSync(path, "utf8"));
const schema = read("deploy/chart/values.schema.json") as Schema;
const values = read("deploy/chart/values.yaml") as Record<string, unknown>;

test("generated files are current", () => {
  const words = ["--import", "tsx", "scripts/generate.mjs", "--check"];
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
});

test("the chart has the version of the program", () => {
  const { version } = read("package.json") as { version: string };
  const chart = read("deploy/chart/Chart.yaml") as { version: string; appVersion: string };
  assert.deepEqual([chart.version, chart.appVersion], [version, version]);
});

test("the schema describes every value of the chart, and allows the defaults", () => {
  const isValid = new Ajv().compile(schema);
  assert.ok(isValid(values), JSON.stringify(isValid.errors));
  checkDescribed(schema, values, "");
});

test("the image and the chart name the same user", () => {
  const user = /^USER (\d+):(\d+)$/m.exec(readFileSync("deploy/Dockerfile", "utf8"));
  const manifests = parseAllDocuments(readFileSync("deploy/install.yaml", "utf8"));
  const objects = manifests.map((each) => each.toJS() as Deployment);
  const { spec } = objects.find(({ kind }) => kind === "Deployment")!;
  const { runAsUser, runAsGroup } = spec.template.spec.securityContext;
  assert.deepEqual([user?.[1], user?.[2]], [String(runAsUser), String(runAsGroup)]);
});

test("the chart gives the program every option that has a use there, and no other", () => {
  const { options } = addControllerOptions(new Command());
  const known = options.map(({ long }) => long ?? "");
  const template = readFileSync("deploy/chart/templates/deployment.yaml", "utf8");
  const given = [...template.matchAll(/^ *- (--[a-z-]+)/gm)].map(([, name = ""]) => name);
  // Names that are fixed in the chart, the image's module, and what pods have.
  const fixed = [
    ...["--namespace", "--lease-name", "--identity", "--service", "--wasm"],
    ...["--service-account", "--pod-ip", "--mesh-root", "--mesh-token"],
    "--mesh-certificate-seconds",
  ];
  assert.deepEqual([...given, ...fixed].sort(), known.sort());
});

interface Deployment {
  kind: string;
  spec: { template: { spec: { securityContext: { runAsUser: number; runAsGroup: number } } } };
}

function checkDescribed(part: Schema, value: unknown, path: string): void {
  for (const [name, field] of Object.entries(part.properties ?? {})) {
    const own = `${path}.${name}`;
    assert.ok((field.description ?? "").endsWith("."), `${own} has no description`);
    // Helm adds `global` to every chart's values.
    if (own === ".global") continue;
    const given = (value as Record<string, unknown>)[name];
    assert.notEqual(given, undefined, `${own} has no default in values.yaml`);
    checkDescribed(field, given, own);
  }
}
