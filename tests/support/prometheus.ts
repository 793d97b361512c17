// Debian's Prometheus: from PATH, or the package's files unpacked into the user's cache, without installing a service.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../src/cli/cache-folder.ts";
import { hasProgram } from "./programs.ts";

export interface Prometheus {
  prometheus: string;
  promtool: string;
}

/** Where there is none, `missing` says so: tests give it as the reason why they are skipped. */
export type FoundPrometheus = Prometheus & { missing?: undefined };
export interface MissingPrometheus {
  missing: string;
}

const folder = cacheFolder();
const unpacked = join(folder, "prometheus");

/** Looks for prometheus and promtool, and fetches Debian's package where apt is there. */
export function findPrometheus(): FoundPrometheus | MissingPrometheus {
  if (hasProgram("promtool") && hasProgram("prometheus")) {
    return { prometheus: "prometheus", promtool: "promtool" };
  }
  if (!existsSync(unpacked) && !fetchPackage()) {
    return { missing: "needs prometheus and promtool (Debian's package prometheus) on PATH" };
  }
  const programs = join(unpacked, "usr/bin");
  return { prometheus: join(programs, "prometheus"), promtool: join(programs, "promtool") };
}

// Another test file may do the same at the same time: whoever is first wins.
function fetchPackage(): boolean {
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, "prometheus-"));
  try {
    if (!download(work)) return false;
    const file = readdirSync(work).find((name) => name.endsWith(".deb"));
    if (file === undefined) return false;
    execFileSync("dpkg", ["-x", join(work, file), join(work, "files")], { stdio: "pipe" });
    if (!existsSync(unpacked)) renameSync(join(work, "files"), unpacked);
    return true;
  } catch {
    return existsSync(unpacked);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function download(cwd: string): boolean {
  const apt = (...words: string[]) => spawnSync("apt-get", words, { cwd, stdio: "pipe" });
  if (apt("download", "prometheus").status === 0) return true;
  // Root's machine may be one whose lists are empty, such as a fresh container.
  if (process.getuid?.() !== 0 || apt("update").status !== 0) return false;
  return apt("download", "prometheus").status === 0;
}
