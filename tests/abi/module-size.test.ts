// The size of the module, which each gateway fetches and compiles.
import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { it } from "node:test";

it("is at most 72 KB", () => {
  const module = new URL("../../build/llm-egress.wasm", import.meta.url);
  assert.ok(statSync(module).size <= 72_000, `${statSync(module).size} bytes`);
});
