// Checks what containers require of this machine, before anything starts.
import { delimiter } from "node:path";
import { spawnSync } from "node:child_process";
import { MissingRequirement } from "../../support/missing-requirement.ts";
import { unshare } from "../../support/namespaces.ts";
import { hasProgram, installPackages } from "../../support/programs.ts";

const packages = ["podman", "podman-compose", "netavark", "aardvark-dns", "iptables", "iproute2"];
const programs = [
  ...["podman", "podman-compose", "netavark", "aardvark-dns", "iptables", "ip"],
  ...["unshare", "mount", "ldd", "tar", "curl"],
];
// Where podman looks for its network programs, in addition to PATH.
const podmanFolders = ["/usr/lib/podman", "/usr/libexec/podman", "/usr/local/libexec/podman"];

/** Checks the user and the programs. Installs Debian's packages for podman if they are missing. */
export function checkRequirements(log: (line: string) => void): void {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    throw new MissingRequirement(
      "The containers run in their own namespaces (unshare), which needs Linux and root. Run this as root, e.g. with sudo -E.",
    );
  }
  const env = { PATH: [process.env["PATH"], ...podmanFolders].join(delimiter) };
  const missing = (): string[] => programs.filter((program) => !hasProgram(program, env));
  const wanted = (): string => `The containers need ${missing().join(", ")}.`;
  if (missing().length > 0) installPackages(packages, wanted(), log);
  if (missing().length > 0) throw new MissingRequirement(wanted());
}

// Each is tried in new namespaces, without podman. A failure is then a restriction of the kernel,
// and not a fault of the example or its test.
const kernelFeatures = {
  namespaces: "true",
  mounts: "mount -t tmpfs tmpfs /run",
  "a bridge": "ip link add tried type bridge",
  "a pair of virtual devices": "ip link add tried type veth peer name other",
  "address translation":
    "iptables -t nat -A POSTROUTING -j MASQUERADE && iptables -t nat -A PREROUTING -p tcp --dport 1 -j DNAT --to-destination 127.0.0.1:2",
};

/**
 * The reason why the kernel of this machine can't run containers with a network; undefined if it
 * can.
 */
export function kernelRefusal(): string | undefined {
  const [program = "", ...words] = unshare;
  for (const [feature, command] of Object.entries(kernelFeatures)) {
    const tried = spawnSync(program, [...words, "sh", "-ec", command], { encoding: "utf8" });
    if (tried.status !== 0) return `the kernel refuses ${feature}: ${tried.stderr.trim()}`;
  }
  return undefined;
}
