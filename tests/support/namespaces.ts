// Namespaces of their own for the tests that need them: network (loopback alone), mounts, and processes. When the first process in them ends, the kernel
// ends all others, however it came to its end: nothing is left behind.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";

const marker = "LLM_EGRESS_IN_NAMESPACES";
const graceMs = 10_000;

/** Whether this process runs inside the namespaces. */
export function isInside(): boolean {
  return process.env[marker] === "1";
}

/** The words before a command that run it in such namespaces. */
export const unshare: readonly string[] = [
  "unshare",
  ...["--net", "--mount", "--propagation", "private"],
  ...["--pid", "--fork", "--mount-proc", "--kill-child"],
];

/** Runs this very command line once more, inside, and gives its exit code; undefined where it was killed. */
export async function runInside(env: Record<string, string>): Promise<number | undefined> {
  const own = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const [program = "", ...words] = [...unshare, ...own];
  const child = spawn(program, words, {
    env: { ...process.env, ...env, [marker]: "1" },
    stdio: "inherit",
  });
  // A terminal's Ctrl-C reaches the inner process too, which then ends in order. unshare itself passes no signal on, and takes the inner
  // process with it when it is killed.
  const kill = () => void child.kill("SIGKILL");
  const wait = () => void setTimeout(kill, graceMs).unref();
  process.on("SIGINT", wait).on("SIGTERM", kill);
  const [code] = (await once(child, "exit")) as [number | null];
  process.off("SIGINT", wait).off("SIGTERM", kill);
  return code ?? undefined;
}

/** Brings up the loopback device, the only one inside, with further addresses. */
export function raiseLoopback(...addresses: string[]): void {
  execFileSync("ip", ["link", "set", "lo", "up"]);
  for (const address of addresses) {
    execFileSync("ip", ["address", "add", `${address}/32`, "dev", "lo"]);
  }
}
