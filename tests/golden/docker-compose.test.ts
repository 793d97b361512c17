import { execFileSync } from "node:child_process";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { exampleFolder, shownCommand } from "../compose/rig/example.ts";
import { assertGolden } from "../support/golden.ts";

test("examples/docker-compose: what the README's command writes", () => {
  const { command } = shownCommand("npx llm-egress render");
  const [, words = "", file = ""] = /^npx llm-egress (.*) > (\S+)$/.exec(command) ?? [];
  const cli = [resolve("build/llm-egress.mjs"), ...words.split(" ")];
  const rendered = execFileSync(process.execPath, cli, { cwd: exampleFolder, encoding: "utf8" });
  assertGolden(join(exampleFolder, file), rendered);
});
