import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { createInterface } from "node:readline";
import type { Endpoint } from "../plan/plan.ts";
import { Failure } from "./failure.ts";

/** What to run. */
export interface EnvoyRun {
  /** Envoy's executable. */
  binary: string;
  /** The bootstrap's file. */
  config: string;
  admin: Endpoint;
}

/**
 * A base ID of its own, as other Envoys may run here; no log lines about start and stop; and the
 * access log line soon after each request.
 */
const quietly = [
  "--use-dynamic-base-id",
  ...["--log-level", "warning"],
  ...["--component-log-level", "main:error"],
  ...["--file-flush-interval-msec", "200"],
];

const startTimeoutMs = 30_000;
const pollMs = 50;

export interface EnvoyEvents {
  /** Called once, when Envoy is ready. */
  onReady: () => void;
  /** Called for each line of Envoy's standard output, which is the access log. */
  onLine: (line: string) => void;
}

/**
 * Runs Envoy until it ends; SIGINT and SIGTERM stop it. Returns Envoy's exit code, or 0 if a signal
 * stopped it.
 */
export async function runEnvoy(run: EnvoyRun, { onReady, onLine }: EnvoyEvents): Promise<number> {
  const child = spawn(run.binary, ["-c", run.config, ...quietly], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  createInterface({ input: child.stdout }).on("line", onLine);
  const ended = exitCodeOf(child);
  let isAskedToStop = false;
  const stop = (): void => {
    isAskedToStop = true;
    child.kill("SIGTERM");
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    if (await isReady(run.admin, ended)) onReady();
    else await endUnready(child, ended);
    const code = await ended;
    return isAskedToStop ? 0 : code;
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}

/** Does nothing if Envoy has ended by itself. */
async function endUnready(child: ChildProcess, ended: Promise<number>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.kill("SIGTERM");
  await ended;
  throw new Failure(`Envoy was not ready within ${startTimeoutMs / 1000} s`, 1);
}

async function exitCodeOf(child: ChildProcess): Promise<number> {
  const failed = once(child, "error").then(([error]) => {
    throw new Failure(`Envoy can't be started: ${(error as Error).message}`, 1);
  });
  const [code] = (await Promise.race([once(child, "close"), failed])) as [number | null];
  return code ?? 1;
}

/** Whether Envoy becomes ready before it ends and within the time limit. */
async function isReady(admin: Endpoint, ended: Promise<number>): Promise<boolean> {
  const deadline = Date.now() + startTimeoutMs;
  let hasEnded = false;
  void ended.finally(() => (hasEnded = true)).catch(() => {});
  while (!hasEnded && Date.now() < deadline) {
    if ((await statusOf(admin)) === 200) return !hasEnded;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return false;
}

function statusOf({ host, port }: Endpoint): Promise<number | undefined> {
  // A listener on all addresses can be reached over loopback.
  const name = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return new Promise((resolve) => {
    const request = get({ host: name, port, path: "/ready", timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on("timeout", () => request.destroy()).on("error", () => resolve(undefined));
  });
}
