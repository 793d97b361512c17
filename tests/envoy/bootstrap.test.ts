import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { findEnvoy } from "../../src/cli/envoy-binary.ts";
import { compile, emitEnvoy } from "../../src/compile.ts";
import { selfSigned } from "../support/certificate.ts";
import { envoyOptions } from "../support/envoy-options.ts";
import { goldenCases } from "../support/golden.ts";

/**
 * Runs Envoy's own validation, in which the filter also checks its configuration. Throws with
 * Envoy's log.
 */
async function validateWithEnvoy(bootstrap: string): Promise<void> {
  const envoy = await findEnvoy({ log: (line) => console.error(line) });
  const folder = mkdtempSync(join(tmpdir(), "llm-egress-test-"));
  const file = join(folder, "envoy.yaml");
  writeFileSync(file, bootstrap);
  const options = ["--use-dynamic-base-id", "--log-level", "error"];
  try {
    execFileSync(envoy, ["--mode", "validate", "-c", file, ...options], { stdio: "pipe" });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const { name, sources } of goldenCases("envoy")) {
  test(`Envoy accepts the bootstrap: ${name}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "llm-egress-test-"));
    const authorities = join(folder, "ca.pem");
    writeFileSync(authorities, selfSigned("a.example").cert);
    const { plan } = compile(sources, "envoy");
    assert.ok(plan);
    for (const { tls } of plan.providers) {
      if (tls.mode === "SIMPLE" && tls.caCertificates) tls.caCertificates = authorities;
    }
    const wasmFile = resolve("build/llm-egress.wasm");
    await validateWithEnvoy(emitEnvoy(plan, envoyOptions({ wasmFile, caBundle: authorities })));
    rmSync(folder, { recursive: true });
  });
}
