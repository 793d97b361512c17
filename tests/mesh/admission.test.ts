// What the API server refuses by the CRDs alone: every error of tests/golden/invalid that is about
// one resource, and whether `kubectl apply` would already refuse it.
import assert from "node:assert/strict";
import { join } from "node:path";
import { it } from "node:test";
import { parseAllDocuments } from "yaml";
import { compile } from "../../src/compile.ts";
import { type Diagnostic, type DiagnosticCode, diagnosticCodes } from "../../src/diagnostics.ts";
import { assertGolden, goldenCases, sourcesIn } from "../support/golden.ts";
import { callKube, type KubeObject } from "./rig/kube-client.ts";

const group = "istio.alibabacloud.com/v1beta1";

interface Resource extends KubeObject {
  apiVersion: string;
  kind: string;
  metadata?: { name?: string };
}

/** These are about several resources, or about a text. */
const codesOfOthers = new Set<DiagnosticCode>([
  ...(["duplicate_host", "duplicate_resource", "overlapping_routes"] as const),
  ...(["unknown_provider", "unknown_rule", "too_many_variables"] as const),
  "no_key_server",
]);

it("refuses what the CRDs can express", async () => {
  const lines: string[] = [];
  const cases = goldenCases("invalid").filter(({ name }) => name !== "broken-yaml");
  for (const { name, sources } of cases) {
    for (const resource of sources.flatMap(({ text = "" }) => resourcesOf(text))) {
      const label = `${name}: ${resource.kind} ${resource.metadata?.name ?? "-"}`;
      lines.push(...(await judge(resource)).map((line) => `${label}: ${line}`));
    }
  }
  assertGolden("tests/golden/admission/expected.txt", `${lines.join("\n")}\n`);
});

it("does not quote what may be a key", async () => {
  const key = "sk-4f9c2ab17d5e60831c";
  const faults = [
    { apiKey: `${key}\n${key}` },
    { apiKey: `${key}\${` },
    { apiKey: key.repeat(300) },
    { apiKey: { value: key } },
    { apiKey: "x", auth: { header: `Bearer ${key}` } },
    { apiKey: "x", auth: { prefix: `${key}\${}` } },
  ];
  for (const openAIConfig of faults) {
    const spec = { host: "a.example", configs: { defaultConfig: { openAIConfig } } };
    const resource = { apiVersion: group, kind: "LLMProvider", metadata: { name: "a" }, spec };
    const status = await create(resource, "Strict");
    assert.equal(status?.message.includes(key), false, JSON.stringify(status));
  }
});

it("accepts what validate accepts", async () => {
  const folders = ["istio", "envoy", "examples"].flatMap((suite) =>
    goldenCases(suite).map(({ folder }) => folder),
  );
  const examples = ["egress-gateway", "weights", "jwt"].map((name) => join("examples", name));
  let count = 0;
  for (const folder of [...folders, ...examples]) {
    for (const resource of sourcesIn(folder).flatMap(({ text = "" }) => resourcesOf(text))) {
      assert.deepEqual(await refusals(resource), [], `${folder} ${resource.metadata?.name}`);
      count++;
    }
  }
  assert.ok(count > 10);
});

function resourcesOf(text: string): Resource[] {
  const objects = parseAllDocuments(text).flatMap((document) => {
    const object = document.toJS() as Resource & { items?: Resource[] };
    return object?.kind === "List" ? (object.items ?? []) : [object];
  });
  return objects.filter(
    (object) => object?.apiVersion === group && /^LLM(Provider|Route)$/.test(object.kind),
  );
}

async function judge(resource: Resource): Promise<string[]> {
  const text = JSON.stringify(resource);
  const { diagnostics } = compile([{ file: "resource", text }], "istio");
  const errors = diagnostics.filter(
    ({ code, path }) =>
      diagnosticCodes[code] === "error" &&
      !codesOfOthers.has(code) &&
      // The API server takes it from the URL.
      path !== "metadata.namespace",
  );
  const places = await refusals(resource);
  const verdict = (error: Diagnostic) => (isRefused(error, places) ? "refused" : "accepted");
  return errors.map((error) => `${verdict(error)} ${error.code} ${error.path}`);
}

// The API server gives the place of the field, or of what contains it.
function isRefused(error: Diagnostic, places: string[]): boolean {
  const path = plain(error.path);
  return places.some((place) => `${path}.`.startsWith(`${place}.`) || place.startsWith(path));
}

// A key in brackets, as the API server and diagnostics write it, becomes one after a dot.
function plain(path: string): string {
  return path.replace(/\.?\[["']?([^\]"']*)["']?\]/g, ".$1");
}

interface Status {
  message: string;
  details?: { causes?: { field?: string }[] };
}

/** The fields that the API server complains about. */
async function refusals(resource: Resource): Promise<string[]> {
  const strict = await create(resource, "Strict");
  const unknown = [...(strict?.message.matchAll(/unknown field "([^"]+)"/g) ?? [])];
  // It looks at nothing else then.
  const others = unknown.length > 0 ? await create(resource, "Ignore") : strict;
  const fields = [
    ...unknown.map(([, field = ""]) => field),
    ...(others?.details?.causes ?? []).map(({ field = "" }) => field),
  ];
  if (strict !== undefined && fields.length === 0) throw new Error(strict.message);
  return fields.filter((field) => field !== "<nil>").map(plain);
}

async function create(resource: Resource, validation: string): Promise<Status | undefined> {
  const kinds = `${resource.kind.toLowerCase()}s`;
  const query = `?dryRun=All&fieldValidation=${validation}`;
  const path = `/apis/${group}/namespaces/default/${kinds}${query}`;
  const body = { ...resource, metadata: { ...resource.metadata, namespace: "default" } };
  try {
    await callKube({ method: "POST", path, body });
    return undefined;
  } catch (error) {
    const status = /\{.*\}/s.exec((error as Error).message)?.[0];
    if (status === undefined) throw error;
    return JSON.parse(status) as Status;
  }
}
