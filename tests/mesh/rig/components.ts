// The processes of the mesh: each with a log file of its own, all stopped in the reverse of their order.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface Program {
  /** Names its log file too. */
  name: string;
  command: string[];
  cwd?: string;
  /** Beside PATH and HOME, the whole environment: nothing of the caller's own may leak into the mesh. */
  env?: Record<string, string>;
}

const pollMs = 25;
const waitTimeoutMs = 60_000;
const stopTimeoutMs = 3_000;

/** All components that one start of the mesh has begun. */
export class Components {
  readonly #folder: string;
  readonly #running: { name: string; child: ChildProcess }[] = [];
  #isStopping = false;

  /** `folder` exists and takes the log files. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Starts a program; it may not be ready yet. */
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
    // What can't be spawned shows as a component that has ended.
    child.on("error", (error) => console.error(`${name}: ${error.message}`));
    this.#running.push({ name, child });
  }

  /** Polls until the condition holds; rejects with the end of a log as soon as a component has ended, or after a minute. */
  async until(what: string, condition: () => Promise<boolean>): Promise<void> {
    const deadline = performance.now() + waitTimeoutMs;
    for (;;) {
      if (await condition().catch(() => false)) return;
      const ended = this.#running.find(({ child }) => hasEnded(child));
      if (this.#isStopping) throw new Error(`stopped while waiting for ${what}`);
      if (ended !== undefined) {
        throw new Error(`${ended.name} has ended. The end of its log:\n${this.tail(ended.name)}`);
      }
      if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
      await sleep(pollMs);
    }
  }

  /** The last lines of a component's log. */
  tail(name: string): string {
    const lines = readFileSync(join(this.#folder, `${name}.log`), "utf8")
      .trimEnd()
      .split("\n");
    return lines.slice(-15).join("\n");
  }

  /** Stops every component by its process id, the latest first, and resolves when all have ended. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const { child } of this.#running.toReversed()) await stopOne(child);
  }
}

// Nothing here has a state worth keeping, and an API server waits long for clients and for its store.
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
