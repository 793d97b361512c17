// The processes of the mesh. Each has its own log file, and they are stopped in reverse order.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface Program {
  /** Also the name of its log file. */
  name: string;
  command: string[];
  cwd?: string;
  /**
   * The whole environment except PATH and HOME, so that no variable of the caller leaks into the
   * mesh.
   */
  env?: Record<string, string>;
}

const pollMs = 25;
const waitTimeoutMs = 60_000;
const stopTimeoutMs = 3_000;

/** The components of one run of the mesh. */
export class Components {
  readonly #folder: string;
  readonly #running: { name: string; child: ChildProcess }[] = [];
  #isStopping = false;

  /** The log files are written into `folder`, which must exist. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts a program. Does not wait until it is ready. */
  start({ name, command, cwd = "/", env = {} }: Program): void {
    const [file = "", ...words] = command;
    const log = openSync(join(this.#folder, `${name}.log`), "a");
    const { PATH = "", HOME = "" } = process.env;
    const child = spawn(file, words, {
      cwd,
      env: { PATH, HOME, ...env },
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    // A program that can't be spawned is treated as a component that has exited.
    child.on("error", (error) => console.error(`${name}: ${error.message}`));
    this.#running.push({ name, child });
    writeFileSync(this.#pidFile(name), String(child.pid));
  }

  /** Lets this process end while the components run. */
  letGo(): void {
    for (const { child } of this.#running) child.unref();
  }

  /** The process of a component that this or another object has started last in the folder. */
  pidOf(name: string): number {
    return Number(readFileSync(this.#pidFile(name), "utf8"));
  }

  #pidFile(name: string): string {
    return join(this.#folder, `${name}.pid`);
  }

  /**
   * Polls until the condition holds. Rejects after a minute, or as soon as a component has exited,
   * with the end of its log.
   */
  async until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + waitTimeoutMs;
    for (;;) {
      if (await condition().catch(() => false)) return;
      const ended = this.#running.find(({ child }) => hasEnded(child));
      if (this.#isStopping) throw new Error(`stopped while waiting for ${what}`);
      if (ended !== undefined) {
        throw new Error(`${ended.name} has exited. The end of its log:\n${this.tail(ended.name)}`);
      }
      if (performance.now() > deadline) throw new Error(`timed out while waiting for ${what}`);
      await sleep(pollMs);
    }
  }

  /** The last lines of the log of a component. */
  tail(name: string): string {
    const lines = readFileSync(join(this.#folder, `${name}.log`), "utf8")
      .trimEnd()
      .split("\n");
    return lines.slice(-15).join("\n");
  }

  /**
   * Stops all components by their process ids, the last one first. Resolves when all have exited.
   */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const { child } of this.#running.toReversed()) await stopOne(child);
  }
}

// No component has state to keep, and an orderly shutdown of the API server takes long, as it waits
// for clients and for etcd.
async function stopOne(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || hasEnded(child)) return;
  const ended = once(child, "close");
  child.kill("SIGTERM");
  const insist = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
  await ended;
  clearTimeout(insist);
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}
