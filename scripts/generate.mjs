// Writes the files that are generated from others. `--check` writes nothing, and fails if one of them
// is stale. Without Helm, deploy/install.yaml is left out.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { findHelm, renderManifests } from "../tests/support/helm.ts";
import { generateApi } from "./generate-api.mjs";
import { generateRecipes } from "./generate-recipes.mjs";

/** The chart's copies, as a chart can't refer to files outside of its folder. */
const copies = {
  "deploy/chart/files/alerts.yaml": "examples/telemetry/alerts.yaml",
  "deploy/chart/files/controller-alerts.yaml": "examples/telemetry/controller-alerts.yaml",
  "deploy/chart/files/dashboard.json": "examples/telemetry/dashboard.json",
};
for (const name of await readdir("deploy/crds")) {
  copies[`deploy/chart/files/crds/${name}`] = `deploy/crds/${name}`;
}

await generate("src/api/generated.ts", await generateApi());
await generate("src/api/recipes.ts", await generateRecipes());
for (const [target, source] of Object.entries(copies)) await generate(target, await copyOf(source));
const helm = findHelm();
if (helm !== undefined) await generate("deploy/install.yaml", renderManifests(helm));
else
  console.error("deploy/install.yaml is left out, as Helm is missing: npm run test:mesh builds it");

async function generate(target, text) {
  const current = await readFile(target, "utf8").catch(() => "");
  if (current === text) return;
  if (process.argv.includes("--check")) {
    console.error(`${target} is stale: run \`npm run generate\``);
    process.exitCode = 1;
    return;
  }
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, text);
}

// JSON has no comments.
async function copyOf(source) {
  const text = await readFile(source, "utf8");
  if (source.endsWith(".json")) return text;
  const header = `# Generated from ${source} by \`npm run generate\`: change that file instead.\n`;
  return header + text.replace(/^(?:#.*\n)+/, "");
}
