// Expected outputs that are kept as files: tests/golden/<suite>/<case>/, where everything but expected.* is input.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SourceText } from "../../src/parse/source-text.ts";

/** A case's folder. */
export interface GoldenCase {
  name: string;
  folder: string;
  sources: SourceText[];
}

/** The cases of a suite, by name, each with its input files, whose names are given without their folder. */
export function goldenCases(suite: string): GoldenCase[] {
  const root = join("tests/golden", suite);
  return readdirSync(root)
    .sort()
    .map((name) => ({ name, folder: join(root, name), sources: sourcesIn(join(root, name)) }));
}

/** Compares with the file, or, under `npm run golden:update`, writes it. */
export function assertGolden(path: string, actual: string): void {
  if (process.env["GOLDEN_UPDATE"] === "1") writeFileSync(path, actual);
  assert.equal(actual, readFileSync(path, "utf8"));
}

/** The resources in a folder, by the names of their files. */
export function sourcesIn(folder: string): SourceText[] {
  return readdirSync(folder)
    .filter((file) => !file.startsWith("expected.") && /\.(?:ya?ml|json)$/.test(file))
    .sort()
    .map((file) => ({ file, text: readFileSync(join(folder, file), "utf8") }));
}
