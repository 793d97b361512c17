// Runs podman in its own namespaces, isolated from the containers, images, networks and cgroups of
// the machine.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { raiseLoopback } from "../../support/namespaces.ts";

/**
 * Prepares the namespaces, and keeps all files of podman in `folder`. Returns the whole environment
 * for podman and podman-compose.
 */
export function preparePodman(folder: string): Record<string, string> {
  raiseLoopback();
  // /run has the state and locks of running containers. Cgroups are hidden as the containers need
  // no limits, and crun refuses a mix of cgroup v1 and v2.
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
      // vfs makes plain copies, which work on every file system.
      storage: { driver: "vfs", graphroot: join(folder, "images"), runroot: join(folder, "run") },
    }),
  };
}

/** Runs podman and returns its output. */
export function podman(words: string[], env: Record<string, string>): string {
  return execFileSync("podman", words, { env, encoding: "utf8" });
}

// The README uses `docker compose`; podman-compose accepts the same arguments.
function writeDockerCommand(folder: string): string {
  const programs = join(folder, "programs");
  mkdirSync(programs);
  const file = join(programs, "docker");
  writeFileSync(file, '#!/bin/sh\n[ "$1" = compose ] && shift && exec podman-compose "$@"\n');
  chmodSync(file, 0o755);
  return programs;
}

// Writes TOML, in which strings and booleans are as in JSON.
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
