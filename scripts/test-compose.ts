// Runs the Docker example in containers, with podman-compose, and the controller's image, and ends
// with the line `N passed, N failed`.
//
//   node --import tsx scripts/test-compose.ts [FILTER]…
//
// A filter is a part of a file's path. Needs Linux and root, but no image registry. Installs Debian's
// podman if it is missing. Exits with 1 if a test failed or none ran. If the kernel can't run
// containers, it prints the reason and counts the example as skipped.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findEnvoy } from "../src/cli/envoy-binary.ts";
import { defaultEnvoyVersion } from "../src/cli/envoy-pins.ts";
import { makeBaseImage, makeExampleImages } from "../tests/compose/rig/images.ts";
import { preparePodman } from "../tests/compose/rig/podman.ts";
import { checkRequirements, kernelRefusal } from "../tests/compose/rig/requirements.ts";
import { MissingRequirement } from "../tests/support/missing-requirement.ts";
import { isInside, runInside } from "../tests/support/namespaces.ts";
import { runNodeTests } from "./run-node-tests.ts";
import { format, newTally, type Tally } from "./tally.ts";

const log = (line: string) => console.error(line);

try {
  process.exitCode = isInside() ? await runTests() : await runOutside();
} catch (error) {
  console.error(error instanceof MissingRequirement ? error.message : error);
  finish({ ...newTally(), failed: 1 });
}

// What needs the network is prepared here, as there is none inside the namespaces. The folder is
// also removed here, no matter how the inner process ends.
async function runOutside(): Promise<number> {
  checkRequirements(log);
  const refusal = kernelRefusal();
  if (refusal !== undefined) {
    console.log(`skipped: containers can't run here, as ${refusal}`);
    return finish({ ...newTally(), skipped: 1 });
  }
  const envoy = await findEnvoy({ log, version: defaultEnvoyVersion });
  const folder = mkdtempSync(join(tmpdir(), "llm-egress-compose-"));
  try {
    const code = await runInside({ ENVOY: envoy, LLM_EGRESS_COMPOSE: folder });
    if (code === undefined) throw new Error("The containers were killed.");
    return code;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function runTests(): Promise<number> {
  const { ENVOY = "", LLM_EGRESS_COMPOSE: folder = "" } = process.env;
  const env = preparePodman(folder);
  makeExampleImages({ envoy: ENVOY, node: process.execPath }, folder, env);
  makeBaseImage(process.execPath, folder, env);
  Object.assign(process.env, env);
  const files = ["example", "image"].map((name) => `tests/compose/${name}.test.ts`);
  return finish(await runNodeTests(files.filter(isWanted), 1));
}

function isWanted(path: string): boolean {
  const filters = process.argv.slice(2);
  return filters.length === 0 || filters.some((filter) => path.includes(filter));
}

function finish(tally: Tally): number {
  const { passed, failed, skipped } = tally;
  process.exitCode = failed > 0 || passed + skipped === 0 ? 1 : 0;
  console.log(format(tally));
  return process.exitCode;
}
