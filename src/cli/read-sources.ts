import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { SourceText } from "../parse/parse.ts";
import { Failure, reasonOf } from "./failure.ts";

const extensions = /\.(?:ya?ml|json)$/;

/**
 * The files at `paths`, each once. From a directory, its *.yaml, *.yml and *.json files at any
 * depth, sorted by name.
 */
export async function readSources(paths: readonly string[]): Promise<SourceText[]> {
  const files = new Set<string>();
  for (const path of paths) {
    for (const file of await filesAt(path)) files.add(file);
  }
  const sources: SourceText[] = [];
  for (const file of files) {
    sources.push({ file, text: decode(await orFailure(readFile(file))) });
  }
  return sources;
}

async function filesAt(path: string): Promise<string[]> {
  const found = await orFailure(stat(path));
  if (!found.isDirectory()) return [path];
  const entries = await orFailure(readdir(path, { withFileTypes: true, recursive: true }));
  const files = entries
    .filter((entry) => extensions.test(entry.name) && !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  if (files.length === 0) throw new Failure(`${path}: no *.yaml, *.yml or *.json file in it`, 2);
  return files;
}

async function orFailure<Result>(result: Promise<Result>): Promise<Result> {
  try {
    return await result;
  } catch (error) {
    throw new Failure(reasonOf(error), 2);
  }
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
