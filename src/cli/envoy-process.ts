import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { createInterface } from "node:readline";
import type { AdminAddress } from "../emit/envoy/options.ts";
import type { Endpoint } from "../plan/plan.ts";
import { Failure } from "./failure.ts";

/** What to run. */
export interface EnvoyRun {
  /** Envoy's executable. */
  binary: string;
  /** The bootstrap's file. */
  config: string;
  admin: AdminAddress;
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
  // After a reload, clients that keep connections get the new listener with their next one. Answers
  // that stream may go on for as long as the drain time.
  ...["--drain-strategy", "immediate"],
];

const startTimeoutMs = 30_000;
const pollMs = 50;

export interface EnvoyEvents {
  /** Called once, when Envoy is ready. */
  onReady: () => void;
  /** Called for each line of Envoy's standard output, which is the access log. */
  onLine: (line: string) => void;
  /** For each line of its standard error, which is its log. */
  onLogLine: (line: string) => void;
}

/** Runs Envoy until it ends, passing SIGINT and SIGTERM on. Gives Envoy's exit code. */
export async function runEnvoy(
  run: EnvoyRun,
  { onReady, onLine, onLogLine }: EnvoyEvents,
): Promise<number> {
  const child = spawn(run.binary, ["-c", run.config, ...quietly], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  createInterface({ input: child.stdout }).on("line", onLine);
  createInterface({ input: child.stderr }).on("line", onLogLine);
  const ended = exitCodeOf(child);
  let isAskedToStop = false;
  const stop = (): void => {
    isAskedToStop = true;
    child.kill("SIGTERM");
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    if (!(await isReady(run.admin, ended))) await endUnready(child, ended);
    else if ((await countRefused(run.admin)) > 0) await endRefused(child, ended);
    else onReady();
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

async function endRefused(child: ChildProcess, ended: Promise<number>): Promise<void> {
  child.kill("SIGTERM");
  await ended;
  throw new Failure("Envoy refused the configuration: see its log above", 1);
}

const refusedStats = [
  "listener_manager.lds.update_rejected",
  "cluster_manager.cds.update_rejected",
];

/** How many configurations of its files Envoy has refused so far. */
export async function countRefused(admin: AdminAddress): Promise<number> {
  const { body } = await askAdmin(admin, "/stats?filter=ds.update_rejected");
  const counts = body.split("\n").map((line) => line.split(": "));
  return counts
    .filter(([name = ""]) => refusedStats.includes(name))
    .reduce((sum, [, count]) => sum + Number(count), 0);
}

async function exitCodeOf(child: ChildProcess): Promise<number> {
  const failed = once(child, "error").then(([error]) => {
    throw new Failure(`Envoy can't be started: ${(error as Error).message}`, 1);
  });
  const [code] = (await Promise.race([once(child, "close"), failed])) as [number | null];
  return code ?? 1;
}

/** Whether Envoy serves, asked until it does, ends, or takes too long. */
async function isReady(admin: AdminAddress, ended: Promise<number>): Promise<boolean> {
  const deadline = Date.now() + startTimeoutMs;
  let hasEnded = false;
  void ended.finally(() => (hasEnded = true)).catch(() => {});
  while (!hasEnded && Date.now() < deadline) {
    if ((await askAdmin(admin, "/ready")).status === 200) return !hasEnded;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  return false;
}

/** What the admin interface responds; without a status if it does not. */
function askAdmin(admin: AdminAddress, path: string): Promise<{ status?: number; body: string }> {
  const server = "socket" in admin ? { socketPath: admin.socket } : reachable(admin);
  return new Promise((resolve) => {
    const request = get({ ...server, path, timeout: 1000 }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    request.on("timeout", () => request.destroy()).on("error", () => resolve({ body: "" }));
  });
}

/** Every address of the machine is reached at its own loopback. */
function reachable({ host, port }: Endpoint): Endpoint {
  const name = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return { host: name, port };
}
