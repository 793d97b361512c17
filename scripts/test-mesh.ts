// Runs the tests on a real mesh, and ends with the line `N passed, N failed`.
//
//   node --import tsx scripts/test-mesh.ts [FILTER]…
//
// A filter is a part of a file's path. Needs Linux, root and go. What it builds and downloads is
// kept in the user's cache. Exits with 1 if a test failed or none ran.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findEnvoy } from "../src/cli/envoy-binary.ts";
import { buildBinaries } from "../tests/mesh/rig/binaries.ts";
import { Components } from "../tests/mesh/rig/components.ts";
import { controllerAddresses } from "../tests/mesh/rig/names.ts";
import { buildHelm } from "../tests/support/helm.ts";
import { MissingRequirement } from "../tests/support/missing-requirement.ts";
import { isInside, raiseLoopback, runInside } from "../tests/support/namespaces.ts";
import { checkRequirements } from "../tests/mesh/rig/requirements.ts";
import { startMesh } from "../tests/mesh/rig/start-mesh.ts";
import { runNodeTests } from "./run-node-tests.ts";
import { format, newTally, type Tally } from "./tally.ts";

const log = (line: string) => console.error(line);

// What needs the network is prepared outside of the namespaces, as there is none inside.
if (isInside()) process.exit(await runTests());
try {
  checkRequirements(log);
  await buildBinaries(log);
  await buildHelm(log);
  const code = await runInside({ ENVOY: await findEnvoy({ log }) });
  if (code === undefined) throw new Error("The mesh was killed.");
  process.exitCode = code;
} catch (error) {
  console.error(error instanceof MissingRequirement ? error.message : error);
  finish({ ...newTally(), failed: 1 });
}

async function runTests(): Promise<number> {
  raiseLoopback(...controllerAddresses);
  const folder = mkdtempSync(join(tmpdir(), "llm-egress-mesh-"));
  const components = new Components(folder);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      log(`${signal}: stopping the mesh; its logs are in ${folder}`);
      void components.stop().then(() => process.exit(1));
    });
  }
  const tally = await runOn(components, folder).catch((error: unknown) => {
    console.error(error);
    return { ...newTally(), failed: 1 };
  });
  await components.stop();
  if (tally.failed > 0) log(`The mesh's logs are in ${folder}`);
  else rmSync(folder, { recursive: true });
  return finish(tally);
}

async function runOn(components: Components, folder: string): Promise<Tally> {
  const begun = performance.now();
  await startMesh(components, folder, process.env["ENVOY"] ?? "");
  log(`mesh started in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  process.env["LLM_EGRESS_MESH"] = folder;
  // All files share the one mesh.
  return runNodeTests(testFiles(process.argv.slice(2)), 1);
}

function testFiles(filters: string[]): string[] {
  return readdirSync("tests/mesh")
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join("tests/mesh", name))
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
    .sort();
}

function finish(tally: Tally): number {
  process.exitCode = tally.failed > 0 || tally.passed === 0 ? 1 : 0;
  console.log(format(tally));
  return process.exitCode;
}
