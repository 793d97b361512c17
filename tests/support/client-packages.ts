// The packages of the clients in tests/clients. They are installed into the user's cache, in a folder
// for each content of the files that list them, and not into node_modules: only one test needs them.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "../../src/cli/locations.ts";

const run = promisify(execFile);
const source = "tests/clients";

interface Packages {
  /** The files of tests/clients that list the packages. */
  lists: string[];
  /** Installs into a folder that has these files. */
  install(folder: string): Promise<unknown>;
}

const kinds = {
  node: {
    lists: ["package.json", "package-lock.json"],
    install: (cwd) => run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd }),
  },
  python: {
    lists: ["requirements.txt"],
    install: async (folder) => {
      await run("python3", ["-m", "venv", folder]);
      const pip = ["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:"];
      const list = join(folder, "requirements.txt");
      return run(join(folder, "bin", "python"), [...pip, "--requirement", list]);
    },
  },
} satisfies Record<string, Packages>;

/** The folder with the packages, which is made at the first call. */
export async function installClients(kind: keyof typeof kinds): Promise<string> {
  const { lists, install }: Packages = kinds[kind];
  const hash = createHash("sha256");
  for (const list of lists) hash.update(readFileSync(join(source, list)));
  const cache = join(cacheFolder(), "clients");
  const folder = join(cache, `${kind}-${hash.digest("hex").slice(0, 16)}`);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, ".install-"));
  try {
    console.error(`Installing the ${kind} clients, once …`);
    for (const list of lists) cpSync(resolve(source, list), join(work, list));
    await install(work);
    renameSync(work, folder);
    return folder;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
