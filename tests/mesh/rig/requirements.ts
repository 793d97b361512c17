// Checks what the mesh requires of this machine, before anything starts.
import { MissingRequirement } from "../../support/missing-requirement.ts";
import { hasProgram, installPackages } from "../../support/programs.ts";

/** Checks the user and the system's programs. Installs Debian's image registry if it is missing. */
export function checkRequirements(log: (line: string) => void): void {
  if (process.platform !== "linux") {
    throw new MissingRequirement("The mesh needs Linux, as it runs in namespaces.");
  }
  if (process.getuid?.() !== 0) {
    throw new MissingRequirement(
      "The mesh runs in its own namespaces (unshare), which needs root. Run this as root, e.g. with sudo -E.",
    );
  }
  const programs = { unshare: "util-linux", ip: "iproute2", openssl: "openssl", curl: "curl" };
  for (const [program, packageName] of Object.entries(programs)) {
    if (!hasProgram(program)) {
      throw new MissingRequirement(`The mesh needs ${program} (Debian's ${packageName}) on PATH.`);
    }
  }
  if (hasProgram("docker-registry")) return;
  const wanted = "The mesh needs an image registry. Install docker-registry (a Debian package).";
  installPackages(["docker-registry"], wanted, log);
}
