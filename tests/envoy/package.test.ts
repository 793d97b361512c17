// The npm package, as a user installs it: packed, installed into an empty folder without a network,
// and run from there.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startMock } from "../../src/mock/server.ts";
import { freePort } from "../support/ports.ts";
import { postChat } from "../support/run-command.ts";
import { until } from "../support/until.ts";

// With a space, as in many home folders.
const folder = mkdtempSync(join(tmpdir(), "llm egress package "));
after(() => rmSync(folder, { recursive: true }));
const installed = join(folder, "node_modules", "llm-egress");
const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };

before(() => {
  npm(process.cwd(), "pack", "--ignore-scripts", "--pack-destination", folder);
  npm(folder, "init", "--yes");
  npm(folder, "install", "--offline", "--no-audit", `./llm-egress-${version}.tgz`);
});

function npm(cwd: string, ...words: string[]): string {
  return execFileSync("npm", words, { cwd, encoding: "utf8", stdio: "pipe" });
}

test("the package has no dependencies, and nothing but the program and its module", () => {
  assert.deepEqual(readdirSync(join(folder, "node_modules"), { encoding: "utf8" }).sort(), [
    ".bin",
    ".package-lock.json",
    "llm-egress",
  ]);
  const built = ["THIRD_PARTY_LICENSES.txt", "llm-egress.mjs", "llm-egress.wasm"];
  assert.deepEqual(readdirSync(join(installed, "build")).sort(), built);
  assert.ok(existsSync(join(installed, "LICENSE")));
});

test("npx llm-egress run serves with the module that is inside", async () => {
  const key = "fake-key-of-package";
  const mock = await startMock({ apiKey: key });
  cpSync("examples/quickstart", join(folder, "quickstart"), { recursive: true });
  const port = await freePort();
  const words = [
    "--listen",
    `127.0.0.1:${port}`,
    "--upstream",
    `dashscope.aliyuncs.com=${mock.url}`,
  ];
  const child = spawn("npx", ["--offline", "llm-egress", "run", ...words, "quickstart"], {
    cwd: folder,
    env: { ...process.env, API_KEY: key, DASHSCOPE_API_KEY: key },
    stdio: ["ignore", "pipe", "inherit"],
    // npx starts the program by a shell, which does not pass signals on.
    detached: true,
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  try {
    // npx, node and Envoy start on a machine that may be busy.
    await until(() => output.includes("listens on"), 30_000);
    const { status, body } = await postChat(port, "/", "dashscope.aliyuncs.com");
    assert.equal(status, 200, body);
  } finally {
    const closed = once(child, "close");
    process.kill(-child.pid!, "SIGTERM");
    await closed;
    await mock.close();
  }
});
