// Commands as a user types them into a terminal.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

export interface Shell {
  /** Bash that comes before each command: functions in place of programs that are not on PATH. */
  functions: string;
  env: Record<string, string>;
}

const timeoutMs = 20_000;

/** Runs a command and gives all that it prints, stdout and stderr in their order, whatever its exit code. */
export function runInShell(shell: Shell, command: string): Promise<string> {
  const [file, words] = bash(shell, command);
  const options = { env: { ...process.env, ...shell.env }, timeout: timeoutMs };
  return new Promise((resolve) => {
    execFile(file, words, options, (_, stdout) => resolve(stdout));
  });
}

/** Starts a command that does not end by itself; resolves when it has printed `text`, and gives what ends it. */
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
  // It is the leader of a process group: the shell, and what it has started.
  const stop = async () => {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    await closed;
  };
  const deadline = performance.now() + timeoutMs;
  while (!printed.includes(text)) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop();
      throw new Error(`${command}\nhas not printed\n${text}\nbut\n${printed}`);
    }
    await sleep(20);
  }
  return stop;
}

function bash({ functions }: Shell, command: string): [file: string, words: string[]] {
  return ["bash", ["-c", ["exec 2>&1", functions, command].join("\n")]];
}
