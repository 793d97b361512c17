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

/**
 * Runs Envoy until it ends, or until `stop` is aborted. Gives the exit code: 0 after a stop. Rejects
 * with a Failure if Envoy ends before it serves.
 */
export async function runEnvoy(
  run: EnvoyRun,
  { onReady, onLine, onLogLine }: EnvoyEvents,
  stop: AbortSignal,
): Promise<number> {
  if (stop.aborted) return 0;
  const child = spawn(run.binary, ["-c", run.config, ...quietly], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let lineCount = 0;
  const counting = (next: (line: string) => void) => (line: string) => {
    lineCount += 1;
    next(line);
  };
  createInterface({ input: child.stdout }).on("line", counting(onLine));
  createInterface({ input: child.stderr }).on("line", counting(onLogLine));
  const ended = exitCodeOf(child, run);
  stop.addEventListener("abort", () => child.kill("SIGTERM"));
  if (await isReady(run.admin, ended)) {
    if ((await countUpdates(run.admin)).refused > 0) await endRefused(child, ended);
    else onReady();
  } else if (!hasEnded(child)) await endUnready(child, ended, stop);
  else if (!stop.aborted) throw new Failure(whyUnready(run, await ended, lineCount), 1);
  const code = await ended;
  return stop.aborted ? 0 : code;
}

function hasEnded({ exitCode, signalCode, pid }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null || pid === undefined;
}

async function endUnready(
  child: ChildProcess,
  ended: Promise<number>,
  stop: AbortSignal,
): Promise<void> {
  child.kill("SIGTERM");
  await ended;
  if (!stop.aborted) throw new Failure(`Envoy was not ready within ${startTimeoutMs / 1000} s`, 1);
}

/** Its lines have been printed as they came. */
function whyUnready({ binary }: EnvoyRun, code: number, lineCount: number): string {
  const lines =
    lineCount > 0
      ? "Its last lines are above."
      : "It printed nothing: perhaps this program is not an Envoy.";
  return `${binary} ended with exit code ${code} before it served requests. ${lines}`;
}

async function endRefused(child: ChildProcess, ended: Promise<number>): Promise<void> {
  child.kill("SIGTERM");
  await ended;
  throw new Failure("Envoy refused the configuration: see its log above", 1);
}

/** How often Envoy has read one of its files so far, and accepted or refused it. */
export interface Updates {
  accepted: number;
  refused: number;
}

export async function countUpdates(admin: AdminAddress): Promise<Updates> {
  const { body } = await askAdmin(admin, "/stats?filter=ds.update_");
  const counts = new Map(body.split("\n").map((line) => line.split(": ") as [string, string]));
  const count = (end: string): number =>
    ["listener_manager.lds", "cluster_manager.cds"].reduce(
      (sum, name) => sum + Number(counts.get(`${name}.update_${end}`) ?? 0),
      0,
    );
  return { accepted: count("success"), refused: count("rejected") };
}

async function exitCodeOf(child: ChildProcess, { binary }: EnvoyRun): Promise<number> {
  const failed = once(child, "error").then(([error]) => {
    throw new Failure(`${binary} can't be started: ${(error as Error).message}`, 1);
  });
  const [code] = (await Promise.race([once(child, "close"), failed])) as [number | null];
  return code ?? 1;
}

/** Whether Envoy serves, asked until it does, ends, or takes too long. */
async function isReady(admin: AdminAddress, ended: Promise<number>): Promise<boolean> {
  const deadline = Date.now() + startTimeoutMs;
  let isOver = false;
  void ended.finally(() => (isOver = true)).catch(() => {});
  while (!isOver && Date.now() < deadline) {
    if ((await askAdmin(admin, "/ready")).status === 200) return !isOver;
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
