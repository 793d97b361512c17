// Makes a folder for files of the program.
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder, and those above it. Rejects with the error of the system. Node's own `recursive`
 * never returns if the folder above exists, and there can be none in it, as in /proc.
 */
export async function makeFolder(folder: string): Promise<void> {
  if ((await makeOne(folder)) === undefined) return;
  if (dirname(folder) !== folder) await makeFolder(dirname(folder));
  const missing = await makeOne(folder);
  if (missing !== undefined) throw missing;
}

/** Gives the error if the folder above is missing. */
async function makeOne(folder: string): Promise<Error | undefined> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return error as Error;
    if (code !== "EEXIST" || !(await stat(folder)).isDirectory()) throw error;
  }
  return undefined;
}
