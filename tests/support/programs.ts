// The system programs that tests need, and the Debian packages of those that are missing.
import { execFileSync, spawnSync } from "node:child_process";
import { MissingRequirement } from "./missing-requirement.ts";

/** Whether a program is on PATH; by default that of this process. */
export function hasProgram(name: string, env: NodeJS.ProcessEnv = process.env): boolean {
  return spawnSync("/bin/sh", ["-c", 'command -v "$0"', name], { env }).status === 0;
}

/**
 * Installs packages with apt-get. If there is no apt-get, or it fails, the error begins with
 * `wanted`.
 */
export function installPackages(
  packages: string[],
  wanted: string,
  log: (line: string) => void,
): void {
  if (!hasProgram("apt-get")) throw new MissingRequirement(wanted);
  log(`installing ${packages.join(", ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    execFileSync("apt-get", ["update"], { env, stdio: "pipe" });
    const words = ["install", "-y", "--no-install-recommends", ...packages];
    execFileSync("apt-get", words, { env, stdio: "pipe" });
  } catch (error) {
    throw new MissingRequirement(`${wanted} apt-get failed: ${String(error)}`);
  }
}
