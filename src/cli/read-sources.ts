import { constants } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { SourceText } from "../parse/parse.ts";
import { Failure, reasonOf } from "./failure.ts";

const extensions = /\.(?:ya?ml|json)$/;

const standardInput = "-";

/**
 * The files at `paths`, each once; `-` is standard input. From a directory, its *.yaml, *.yml and
 * *.json files at any depth, sorted by name.
 */
export async function readSources(paths: readonly string[]): Promise<SourceText[]> {
  const files = new Set<string>();
  for (const path of paths) {
    for (const file of await filesAt(path)) files.add(file);
  }
  const sources: SourceText[] = [];
  for (const file of files) {
    const bytes = file === standardInput ? readStandardInput() : readRegularFile(file);
    sources.push({ file: nameOf(file), text: decode(await orFailure(bytes)) });
  }
  return sources;
}

function nameOf(file: string): string {
  return file === standardInput ? "<stdin>" : file;
}

let standardInputBytes: Promise<Uint8Array> | undefined;

/** Its bytes can be had once, and `run` reads its sources again. */
function readStandardInput(): Promise<Uint8Array> {
  standardInputBytes ??= buffer(process.stdin);
  return standardInputBytes;
}

async function filesAt(path: string): Promise<string[]> {
  if (path === standardInput) return [path];
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

/** Anything else, such as a pipe, might never end. */
async function readRegularFile(file: string): Promise<Uint8Array> {
  // To open a pipe without O_NONBLOCK would wait for somebody who writes to it.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await handle.stat()).isFile()) throw new Error(`${file} is not a regular file`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
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
