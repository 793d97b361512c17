import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { compile } from "../../src/compile.ts";
import { type Desired, routeName, toDesired } from "../../src/controller/desired.ts";
import { holdRefused, type Live } from "../../src/controller/hold.ts";
import type { KubeObject } from "../../src/kube/client.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { istioOptions } from "../support/istio-options.ts";
import { manyResources } from "../support/many-resources.ts";

const inputs = {
  "two providers": readFileSync("tests/golden/istio/two-providers/input.yaml", "utf8"),
  "addresses of providers": readFileSync(
    "tests/golden/istio/provider-addresses/input.yaml",
    "utf8",
  ),
  "source labels": readFileSync("tests/golden/istio/source-labels/input.yaml", "utf8"),
  "key server": readFileSync("tests/golden/istio/key-server/input.yaml", "utf8"),
  connection: readFileSync("tests/golden/istio/connection/input.yaml", "utf8"),
  "one hop": readFileSync("tests/golden/istio/one-hop/input.yaml", "utf8"),
  "many resources": manyResources(20),
};

function desiredOf(plan: Plan, sourceOf = routeName): Map<string, Desired> {
  return toDesired(plan, istioOptions(), sourceOf).desired;
}

function liveOf(desired: ReadonlyMap<string, Desired>): Live {
  const of = (kind: string) =>
    new Map(
      [...desired.values()]
        .filter(({ object }) => object.kind === kind)
        .map(({ object }) => {
          const { namespace, name } = object.metadata;
          return [`${namespace}/${name}`, object as unknown as KubeObject];
        }),
    );
  return {
    WasmPlugin: of("WasmPlugin"),
    DestinationRule: of("DestinationRule"),
    EnvoyFilter: of("EnvoyFilter"),
    VirtualService: of("VirtualService"),
  };
}

// Whatever the emitter writes is read back as what it was written from.
for (const [what, text] of Object.entries(inputs)) {
  test(`held resources become the same objects again: ${what}`, () => {
    const { plan, diagnostics } = compile([{ file: "input.yaml", text }], "istio", {
      hasKeyServer: true,
    });
    assert.ok(plan, JSON.stringify(diagnostics));
    const before = desiredOf(plan);
    const sources = [...before.values()].flatMap((each) => each.sources);
    // All of them, and each one by itself while the others are accepted.
    for (const refused of [sources, ...sources.map((source) => [source])]) {
      const isRefused = (kind: string) => (each: { namespace: string; name: string }) =>
        refused.includes(`${kind} ${each.namespace}/${each.name}`);
      const left: Plan = {
        providers: plan.providers
          .filter((each) => !isRefused("LLMProvider")(each))
          .map((each) => ({
            ...each,
            routeSettings: each.routeSettings.filter(({ route }) => !isRefused("LLMRoute")(route)),
          })),
        routes: plan.routes.filter((each) => !isRefused("LLMRoute")(each)),
        authorities: [],
      };
      const held = holdRefused(left, new Set(refused), liveOf(before), () => undefined);
      assert.deepEqual(held.conflicts, new Map());
      const after = desiredOf(held.plan, (route) => held.sourceOf(route));
      assert.deepEqual(new Map([...after].sort()), new Map([...before].sort()));
    }
  });
}
