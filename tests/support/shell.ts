// Runs commands as a user does in a terminal.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

export interface Shell {
  /**
   * Bash code that is run before each command: functions that replace programs which are not on
   * PATH.
   */
  functions: string;
  env: Record<string, string>;
}

const timeoutMs = 20_000;

/** Runs a command and returns all that it prints, stdout and stderr in order, for any exit code. */
export function runInShell(shell: Shell, command: string): Promise<string> {
  const [file, words] = bash(shell, command);
  const options = { env: { ...process.env, ...shell.env }, timeout: timeoutMs };
  return new Promise((resolve) => {
    execFile(file, words, options, (_, stdout) => resolve(stdout));
  });
}

/**
 * Starts a command that does not end by itself. Resolves when it has printed `text`, with the
 * function that stops it.
 */
export async function startInShell(
  shell: Shell,
  command: string,
  text: string,
): Promise<() => Promise<void>> {
  const child = spawn(...bash(shell, command), {
    env: { ...process.env, ...shell.env },
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const closed = once(child, "close");
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
  // The child leads a process group of the shell and what the shell has started.
  const stop = async () => {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    await closed;
  };
  const deadline = performance.now() + timeoutMs;
  while (!printed.includes(text)) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop();
      throw new Error(`${command}\ndid not print\n${text}\nbut printed\n${printed}`);
    }
    await sleep(20);
  }
  return stop;
}

function bash({ functions }: Shell, command: string): [file: string, words: string[]] {
  return ["bash", ["-c", ["exec 2>&1", functions, command].join("\n")]];
}
