// The size of the module, which each gateway fetches and compiles.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { it } from "node:test";

it("is at most 68 KB", () => {
  const module = new URL("../../build/llm-egress.wasm", import.meta.url);
  assert.ok(statSync(module).size <= 68_000, `${statSync(module).size} bytes`);
});
