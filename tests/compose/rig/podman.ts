// Podman in namespaces of its own: nothing of the machine's containers, images, networks or cgroups is seen or touched.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { raiseLoopback } from "../../support/namespaces.ts";

/** Makes the namespaces ready, and keeps everything of podman's in `folder`. Gives the whole environment for podman and podman-compose. */
export function preparePodman(folder: string): Record<string, string> {
  raiseLoopback();
  // What runs, and its locks. Cgroups are hidden: containers of a test need no limits, and crun refuses the two versions side by side.
  for (const hidden of ["/run", "/sys/fs/cgroup"]) {
    execFileSync("mount", ["-t", "tmpfs", "tmpfs", hidden]);
  }
  const { PATH = "", HOME = "" } = process.env;
  return {
    PATH: `${writeDockerCommand(folder)}${delimiter}${PATH}`,
    HOME,
    NO_PROXY: "*",
    CONTAINERS_CONF: writeSettings(folder, "containers.conf", {
      containers: { cgroups: "disabled", http_proxy: false },
      network: { network_backend: "netavark", network_config_dir: join(folder, "networks") },
    }),
    CONTAINERS_STORAGE_CONF: writeSettings(folder, "storage.conf", {
      // Plain copies: they work on every file system.
      storage: { driver: "vfs", graphroot: join(folder, "images"), runroot: join(folder, "run") },
    }),
  };
}

/** Runs podman and gives what it prints. */
export function podman(words: string[], env: Record<string, string>): string {
  return execFileSync("podman", words, { env, encoding: "utf8" });
}

// A README says `docker compose`; podman-compose takes the same words.
function writeDockerCommand(folder: string): string {
  const programs = join(folder, "programs");
  mkdirSync(programs);
  const file = join(programs, "docker");
  writeFileSync(file, '#!/bin/sh\n[ "$1" = compose ] && shift && exec podman-compose "$@"\n');
  chmodSync(file, 0o755);
  return programs;
}

// TOML, which writes strings and booleans as JSON does.
function writeSettings(
  folder: string,
  name: string,
  tables: Record<string, Record<string, string | boolean>>,
): string {
  const lines = Object.entries(tables).flatMap(([table, settings]) => [
    `[${table}]`,
    ...Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
  ]);
  const file = join(folder, name);
  writeFileSync(file, `${lines.join("\n")}\n`);
  return file;
}
