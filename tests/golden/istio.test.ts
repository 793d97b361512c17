import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { compile, emitIstio } from "../../src/compile.ts";
import { hasErrors } from "../../src/diagnostics.ts";
import { assertGolden, goldenCases } from "../support/golden.ts";
import { istioOptions } from "../support/istio-options.ts";

for (const { name, folder, sources } of goldenCases("istio")) {
  test(`Istio's resources: ${name}`, () => {
    const keyCluster = "outbound|8443||llm-egress.llm-egress-system.svc.cluster.local";
    const keys = name === "key-server" ? { keyCluster } : {};
    const hasKeyServer = name === "key-server";
    const { diagnostics, plan } = compile(sources, "istio", { hasKeyServer });
    assert.ok(!hasErrors(diagnostics), JSON.stringify(diagnostics));
    assert.ok(plan);
    assertGolden(join(folder, "expected.yaml"), emitIstio(plan, istioOptions(keys)));
  });
}
