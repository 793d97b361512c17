// Programs that are built once from a pinned Go module, and kept in the user's cache.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "../../src/cli/locations.ts";
import { MissingRequirement } from "./missing-requirement.ts";

export interface GoProgram {
  /** The path of its main package. The program has the name of the last part. */
  source: string;
  /** Without the `v`. */
  version: string;
}

/** The path of the program, or undefined if it has not been built. */
export function findGoProgram(program: GoProgram): string | undefined {
  const path = pathOf(program);
  return existsSync(path) ? path : undefined;
}

/**
 * Builds the program if it is missing, and gives its path. The first time this needs go and the
 * network, and takes up to some minutes.
 */
export async function buildGoProgram(
  program: GoProgram,
  log: (line: string) => void = () => {},
): Promise<string> {
  const path = pathOf(program);
  if (existsSync(path)) return path;
  const name = basename(program.source);
  log(`building ${name} ${program.version}, once`);
  mkdirSync(cacheFolder(), { recursive: true });
  const work = mkdtempSync(join(cacheFolder(), `${name}-`));
  const env = { ...process.env, GOBIN: work, GOFLAGS: "-buildvcs=false" };
  const words = ["install", "-trimpath", "-ldflags", "-s -w"];
  const options = { cwd: work, env, maxBuffer: 64 * 1024 * 1024 };
  try {
    const source = `${program.source}@v${program.version}`;
    await promisify(execFile)("go", [...words, source], options);
    renameSync(join(work, name), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new MissingRequirement(
      `${name} is built from its Go module. Install go (https://go.dev).`,
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return path;
}

function pathOf({ source, version }: GoProgram): string {
  return join(cacheFolder(), `${basename(source)}-${version}`);
}
