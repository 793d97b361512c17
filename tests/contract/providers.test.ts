// The recipes of docs/providers.md: each is valid, and both targets render it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { parse } from "yaml";
import { compile, emitEnvoy, emitIstio } from "../../src/compile.ts";
import { planOf, providerText } from "../support/compile-text.ts";
import { envoyOptions } from "../support/envoy-options.ts";
import { istioOptions } from "../support/istio-options.ts";

const text = readFileSync("docs/providers.md", "utf8");
const recipes = [...text.matchAll(/^## (.*)$[^]*?```yaml\n([^]*?)```/gm)].map(
  ([, title = "", resource = ""]) => ({ title, resource }),
);

function routeTo(host: string): string {
  return `apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMRoute
metadata: {name: route, namespace: istio-system}
spec: {host: ${host}, gateways: [istio-system/egress], rules: [{name: r, backendRefs: [{providerHost: ${host}}]}]}
`;
}

it("has a recipe for each of its headings", () => {
  const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
  assert.deepEqual(
    recipes.map(({ title }) => title),
    headings,
  );
  assert.ok(headings.length >= 15);
});

for (const { title, resource } of recipes) {
  it(`compiles for both targets: ${title}`, () => {
    const { spec } = parse(resource) as { spec: { host: string; endpoints: unknown[] } };
    for (const target of ["envoy", "istio"] as const) {
      const sources = [{ file: "recipe.yaml", text: `${resource}---\n${routeTo(spec.host)}` }];
      const { diagnostics, plan } = compile(sources, target);
      const reported = diagnostics
        .filter(({ severity }) => severity !== "note")
        .map(({ code }) => code);
      // There is no gateway in the input.
      assert.deepEqual(
        reported.filter((code) => !code.includes("gateway")),
        [],
      );
      assert.ok(plan);
      const rendered =
        target === "envoy" ? emitEnvoy(plan, envoyOptions()) : emitIstio(plan, istioOptions());
      assert.match(rendered, new RegExp(spec.host.replaceAll(".", "\\.")));
    }
  });
}

it("shows parameters of models that are valid", () => {
  for (const page of ["docs/providers.md", "docs/resources.md"]) {
    const [, parameters = ""] =
      /^```yaml\n(parameters:\n[^]*?)```$/m.exec(readFileSync(page, "utf8")) ?? [];
    assert.ok(planOf(providerText(JSON.stringify(parse(parameters)))), page);
  }
});
