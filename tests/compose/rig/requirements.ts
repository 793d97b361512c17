// What containers need of this machine, said before anything starts.
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
// Where podman looks for its network's programs, beside PATH.
const podmanFolders = ["/usr/lib/podman", "/usr/libexec/podman", "/usr/local/libexec/podman"];

/** Checks the user and the programs; installs Debian's podman and what belongs to it where it is missing. */
export function checkRequirements(log: (line: string) => void): void {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    throw new MissingRequirement(
      "The containers run in namespaces of their own (unshare), which needs Linux and root: run this as root, e.g. with sudo -E.",
    );
  }
  const env = { PATH: [process.env["PATH"], ...podmanFolders].join(delimiter) };
  const missing = (): string[] => programs.filter((program) => !hasProgram(program, env));
  const wanted = (): string => `The containers need ${missing().join(", ")}.`;
  if (missing().length > 0) installPackages(packages, wanted(), log);
  if (missing().length > 0) throw new MissingRequirement(wanted());
}

// Each is tried in new namespaces, without podman: what fails then is the kernel's refusal, and no fault of the example or its test.
const kernelFeatures = {
  namespaces: "true",
  mounts: "mount -t tmpfs tmpfs /run",
  "a bridge": "ip link add tried type bridge",
  "a pair of virtual devices": "ip link add tried type veth peer name other",
  "address translation":
    "iptables -t nat -A POSTROUTING -j MASQUERADE && iptables -t nat -A PREROUTING -p tcp --dport 1 -j DNAT --to-destination 127.0.0.1:2",
};

/** Why this machine's kernel can't run containers with a network; undefined where it can. */
export function kernelRefusal(): string | undefined {
  const [program = "", ...words] = unshare;
  for (const [feature, command] of Object.entries(kernelFeatures)) {
    const tried = spawnSync(program, [...words, "sh", "-ec", command], { encoding: "utf8" });
    if (tried.status !== 0) return `the kernel refuses ${feature}: ${tried.stderr.trim()}`;
  }
  return undefined;
}
