// The npm package, packed and installed into an empty folder as a user does.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startMock } from "../../src/mock/server.ts";
import { endRun, postChat, startRun } from "../support/run-command.ts";

test("the package has the module, and runs without other packages", async () => {
  const folder = mkdtempSync(join(tmpdir(), "llm-egress-test-"));
  const mock = await startMock({ apiKey: "fake-key" });
  try {
    const [archive = ""] = npm(["pack", "--ignore-scripts", "--pack-destination", folder], ".");
    const app = join(folder, "app");
    mkdirSync(app);
    writeFileSync(join(app, "package.json"), "{}");
    npm(["install", "--offline", "--no-audit", "--no-fund", join(folder, archive)], app);
    const installed = join(app, "node_modules", "llm-egress");
    const words = ["--upstream", `dashscope.aliyuncs.com=${mock.url}`];
    const running = await startRun(
      [...words, join(installed, "examples", "quickstart")],
      { DASHSCOPE_API_KEY: "fake-key" },
      [join(app, "node_modules", ".bin", "llm-egress")],
    );
    await running.said("llm-egress listens on");
    const { status } = await postChat(running.port, "/", "dashscope.aliyuncs.com");
    await endRun(running);
    assert.equal(status, 200);
    const listed = execFileSync("ls", [join(app, "node_modules")], { encoding: "utf8" });
    assert.equal(listed, "llm-egress\n");
  } finally {
    await mock.close();
    rmSync(folder, { recursive: true });
  }
});

/** The lines of its output. */
function npm(words: string[], cwd: string): string[] {
  return execFileSync("npm", words, { cwd, encoding: "utf8", stdio: "pipe" }).trim().split("\n");
}
