// Starts the mesh in namespaces of its own, runs something on it, and stops it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findEnvoy } from "../../../src/cli/envoy-binary.ts";
import { buildHelm } from "../../support/helm.ts";
import { MissingRequirement } from "../../support/missing-requirement.ts";
import { isInside, raiseLoopback, runInside } from "../../support/namespaces.ts";
import { buildBinaries } from "./binaries.ts";
import { Components } from "./components.ts";
import { keyAddresses } from "./names.ts";
import { checkRequirements } from "./requirements.ts";
import { startMesh } from "./start-mesh.ts";

const log = (line: string) => console.error(line);

/**
 * Runs `act` on the mesh, whose folder is in the environment, and ends this process with its exit
 * code. `fail` gives the code if the mesh can't be started, or if `act` rejects.
 */
export async function runOnMesh(act: () => Promise<number>, fail: () => number): Promise<void> {
  // What needs the network is prepared outside of the namespaces, as there is none inside.
  if (isInside()) process.exit(await runHere(act, fail));
  try {
    checkRequirements(log);
    await buildBinaries(log);
    await buildHelm(log);
    const code = await runInside({ ENVOY: await findEnvoy({ log }) });
    if (code === undefined) throw new Error("The mesh was killed.");
    process.exitCode = code;
  } catch (error) {
    console.error(error instanceof MissingRequirement ? error.message : error);
    process.exitCode = fail();
  }
}

async function runHere(act: () => Promise<number>, fail: () => number): Promise<number> {
  raiseLoopback(...keyAddresses);
  const folder = mkdtempSync(join(tmpdir(), "llm-egress-mesh-"));
  const components = new Components(folder);
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      log(`${signal}: stopping the mesh; its logs are in ${folder}`);
      void components.stop().then(() => process.exit(1));
    });
  }
  const code = await startAndRun(components, folder, act).catch((error: unknown) => {
    console.error(error);
    return fail();
  });
  await components.stop();
  if (code > 0) log(`The mesh's logs are in ${folder}`);
  else rmSync(folder, { recursive: true });
  return code;
}

async function startAndRun(
  components: Components,
  folder: string,
  act: () => Promise<number>,
): Promise<number> {
  const begun = performance.now();
  await startMesh(components, folder, process.env["ENVOY"] ?? "");
  log(`mesh started in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  process.env["LLM_EGRESS_MESH"] = folder;
  return act();
}
