// What the mesh needs of this machine, said before anything starts.
import { execFileSync, spawnSync } from "node:child_process";
import { MissingRequirement } from "./missing-requirement.ts";

/** Checks the user, and the programs that come with the system; installs Debian's image registry where it is missing. */
export function checkRequirements(log: (line: string) => void): void {
  if (process.platform !== "linux") {
    throw new MissingRequirement("The mesh needs Linux: it runs in namespaces.");
  }
  if (process.getuid?.() !== 0) {
    throw new MissingRequirement(
      "The mesh runs in namespaces of its own (unshare), which needs root: run this as root, e.g. with sudo -E.",
    );
  }
  const programs = { unshare: "util-linux", ip: "iproute2", openssl: "openssl", curl: "curl" };
  for (const [program, packageName] of Object.entries(programs)) {
    if (!has(program)) {
      throw new MissingRequirement(`The mesh needs ${program} (Debian's ${packageName}) on PATH.`);
    }
  }
  if (!has("docker-registry")) installRegistry(log);
}

function installRegistry(log: (line: string) => void): void {
  const wanted = "The mesh needs an image registry: install docker-registry (a Debian package).";
  if (!has("apt-get")) throw new MissingRequirement(wanted);
  log("installing docker-registry");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    execFileSync("apt-get", ["update"], { env, stdio: "pipe" });
    const words = ["install", "-y", "--no-install-recommends", "docker-registry"];
    execFileSync("apt-get", words, { env, stdio: "pipe" });
  } catch (error) {
    throw new MissingRequirement(`${wanted} apt-get failed: ${String(error)}`);
  }
}

function has(program: string): boolean {
  return spawnSync("sh", ["-c", 'command -v "$0"', program]).status === 0;
}
