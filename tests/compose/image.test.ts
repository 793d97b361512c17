// Builds the last stage of deploy/Dockerfile, and runs the image as the chart does. The first stage
// needs the network, so this project's build takes its place.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { podman } from "./rig/running.ts";

const folder = join(process.env["LLM_EGRESS_COMPOSE"] ?? "", "controller");
const image = "llm-egress:test";
const files = ["THIRD_PARTY_LICENSES.txt", "llm-egress.mjs", "llm-egress.wasm"];
const restrictions = ["--read-only", "--read-only-tmpfs=false", "--cap-drop=all"];

function run(...words: string[]): string {
  return podman("run", "--rm", "--network=none", ...restrictions, ...words);
}

before(() => {
  const built = join(folder, "source/build");
  mkdirSync(built, { recursive: true });
  for (const name of files) {
    cpSync(join("build", name), join(built, name));
  }
  const text = readFileSync("deploy/Dockerfile", "utf8");
  const lastStage = text.slice(text.lastIndexOf("FROM "));
  const file = join(folder, "Dockerfile");
  writeFileSync(file, lastStage.replace("COPY --from=build /", "COPY "));
  podman("build", "--quiet", "--pull=never", "--tag", image, "--file", file, folder);
});

test("it runs as a user without rights, and can't write", () => {
  const script = `
    console.log(process.getuid(), process.getgid());
    for (const file of ["/app/x", "/x", "/tmp/x"]) {
      try { require("node:fs").writeFileSync(file, ""); console.log("wrote", file); } catch {}
    }`;
  assert.equal(run("--entrypoint", "node", image, "-e", script), "65532 65532\n");
});

test("it has the command line", () => {
  const resources = `${process.cwd()}/examples/quickstart:/resources:ro`;
  const output = run("--volume", resources, image, "validate", "/resources");
  assert.equal(output, "valid: LLMProviders 1, LLMRoutes 1\n");
});

test("it has the filter's module and the licenses beside the program", () => {
  const script = 'require("node:fs").readdirSync("/app").join()';
  assert.equal(run("--entrypoint", "node", image, "-p", script), `${files.join()}\n`);
});
