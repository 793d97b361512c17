// Access to the running example: the README's commands, requests, and the state in podman and the
// kernel.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Step } from "../../support/readme.ts";
import { exampleFolder } from "./example.ts";

/** The key in the environment of the README's commands. */
export const apiKey = "sk-of-the-environment";

const timeoutMs = 30_000;
const pollMs = 100;

/** Runs a command of the README in the example's folder, and returns its output. */
export function run({ command }: Step): string {
  const env = { ...process.env, DASHSCOPE_API_KEY: apiKey };
  return execFileSync("bash", ["-c", command], { cwd: exampleFolder, env, encoding: "utf8" });
}

/** Runs podman, and returns its output. */
export function podman(...words: string[]): string {
  return execFileSync("podman", words, { encoding: "utf8" });
}

/** The id of a service's container, whether it is running or has exited. */
export function serviceId(service: string): string {
  const label = `label=com.docker.compose.service=${service}`;
  return podman("ps", "--all", "--quiet", "--filter", label).trim();
}

/** Sends a chat request. */
export function post(url: string, headers: Record<string, string> = {}): Promise<Response> {
  const body = '{"model":"any","messages":[{"role":"user","content":"hi"}]}';
  return fetch(url, { method: "POST", headers, body });
}

/** Whether a program of one of these names runs in these namespaces. */
export function isAnyRunning(...names: string[]): boolean {
  const ids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return ids.some((id) => {
    try {
      return names.includes(basename(readlinkSync(`/proc/${id}/exe`)));
    } catch {
      return false; // The process has exited.
    }
  });
}

/** The lines in the kernel's list of mounts for mounts under a folder. */
export function mountsUnder(folder: string): string[] {
  const lines = readFileSync("/proc/self/mounts", "utf8").split("\n");
  return lines.filter((line) => line.includes(`${folder}/`));
}

/** Polls until the condition holds. Rejects with the containers' logs if this takes too long. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  const holds = async (): Promise<boolean> => condition();
  while (!(await holds().catch(() => false))) {
    if (performance.now() > deadline) {
      const containers = podman("ps", "--all", "--quiet")
        .split("\n")
        .filter((id) => id !== "");
      const logs = containers.map((id) => podman("logs", id));
      throw new Error(
        `timed out while waiting for ${what}; the containers' logs:\n${logs.join("")}`,
      );
    }
    await sleep(pollMs);
  }
}
