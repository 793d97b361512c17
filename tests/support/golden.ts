// Expected outputs that are stored as files: tests/golden/<suite>/<case>/. All files of a case but
// expected.* are input.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SourceText } from "../../src/parse/parse.ts";

/** A case's folder. */
export interface GoldenCase {
  name: string;
  folder: string;
  sources: SourceText[];
}

/**
 * The cases of a suite in the order of their names. The names of the input files are without the
 * folder.
 */
export function goldenCases(suite: string): GoldenCase[] {
  const root = join("tests/golden", suite);
  return readdirSync(root)
    .sort()
    .map((name) => ({ name, folder: join(root, name), sources: sourcesIn(join(root, name)) }));
}

/** Compares with the file, or writes it if `npm run golden:update` is running. */
export function assertGolden(path: string, actual: string): void {
  if (process.env["GOLDEN_UPDATE"] === "1") writeFileSync(path, actual);
  assert.equal(actual, readFileSync(path, "utf8"));
}

/** The resources in a folder, in the order of the file names. */
export function sourcesIn(folder: string): SourceText[] {
  return readdirSync(folder)
    .filter((file) => !file.startsWith("expected.") && /\.(?:ya?ml|json)$/.test(file))
    .sort()
    .map((file) => ({ file, text: readFileSync(join(folder, file), "utf8") }));
}
