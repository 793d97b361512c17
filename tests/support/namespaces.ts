// Runs tests in Linux namespaces of their own: network (loopback only), mount and PID. When the
// first process in the namespaces ends, for any reason, the kernel kills all others, so that no
// process is left.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";

const marker = "LLM_EGRESS_IN_NAMESPACES";
const graceMs = 10_000;

/** Whether this process runs inside the namespaces. */
export function isInside(): boolean {
  return process.env[marker] === "1";
}

/** The words to put before a command, to run it in such namespaces. */
export const unshare: readonly string[] = [
  "unshare",
  ...["--net", "--mount", "--propagation", "private"],
  ...["--pid", "--fork", "--mount-proc", "--kill-child"],
];

/**
 * Runs the command line of this process again, inside the namespaces, and returns its exit code;
 * undefined if it was killed.
 */
export async function runInside(env: Record<string, string>): Promise<number | undefined> {
  const own = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const [program = "", ...words] = [...unshare, ...own];
  const child = spawn(program, words, {
    env: { ...process.env, ...env, [marker]: "1" },
    stdio: "inherit",
  });
  // Ctrl-C in a terminal also reaches the inner process, which then shuts down normally. unshare
  // does not forward signals, and kills the inner process when it is killed.
  const kill = () => void child.kill("SIGKILL");
  const wait = () => void setTimeout(kill, graceMs).unref();
  process.on("SIGINT", wait).on("SIGTERM", kill);
  const [code] = (await once(child, "exit")) as [number | null];
  process.off("SIGINT", wait).off("SIGTERM", kill);
  return code ?? undefined;
}

/** Brings up the loopback device, the only one in the namespaces, with additional addresses. */
export function raiseLoopback(...addresses: string[]): void {
  execFileSync("ip", ["link", "set", "lo", "up"]);
  for (const address of addresses) {
    execFileSync("ip", ["address", "add", `${address}/32`, "dev", "lo"]);
  }
}
