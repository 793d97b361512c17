// Finds Prometheus: on PATH, or from Debian's package, whose files are unpacked into the user's
// cache without installing a service.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "../../src/cli/locations.ts";
import { hasProgram } from "./programs.ts";

export interface Prometheus {
  prometheus: string;
  promtool: string;
}

/** If there is no Prometheus, `missing` has the reason for which tests are skipped. */
export type FoundPrometheus = Prometheus & { missing?: undefined };
export interface MissingPrometheus {
  missing: string;
}

const folder = cacheFolder();
const unpacked = join(folder, "prometheus");

/** Looks for prometheus and promtool, and downloads Debian's package if apt is available. */
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

// Another test file may do this at the same time. The first one to finish wins.
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
  // In a new container, whose user is root, the package lists are often empty.
  if (process.getuid?.() !== 0 || apt("update").status !== 0) return false;
  return apt("download", "prometheus").status === 0;
}
