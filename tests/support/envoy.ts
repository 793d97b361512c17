// Starts a real Envoy for one test file, and stops it.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import { findEnvoy } from "../../src/cli/envoy-binary.ts";
import { EnvoyAdmin } from "./envoy-admin.ts";
import { freePort } from "./ports.ts";

/** A bootstrap as an object, or as YAML or JSON text. Its `admin` is replaced. */
export type Bootstrap = object | string;

export interface StartEnvoyOptions {
  /**
   * A listener may have port 0. If the bootstrap must name the port, a function builds it from free
   * ports.
   */
  config: Bootstrap | ((ports: Record<string, number>) => Bootstrap);
  /** Names of the free ports that are passed to the function `config`; `["egress"]` by default. */
  ports?: string[];
  /** The whole environment of the process. */
  env?: Record<string, string>;
  /** A pinned version. By default $ENVOY_TEST_VERSION, or else the one that findEnvoy finds. */
  version?: string;
  /** "info" by default. */
  logLevel?: string;
}

export interface Envoy {
  /** The port of the listener with this name. */
  port(listener: string): number;
  /** The URL of the first listener, without a path. */
  url: string;
  adminPort: number;
  pid: number;
  /** The value of the counter or gauge with this full name; 0 if it does not exist. */
  stats(name: string): Promise<number>;
  /** All metrics as Prometheus would scrape them. */
  prometheus(): Promise<string>;
  configDump(): Promise<unknown>;
  /** All output so far: Envoy's own log, and access logs that go to stdout or stderr. */
  logs(): string;
  /** The memory that the process uses at this moment (resident set size). Linux only. */
  memoryBytes(): number;
  /** Stops the process, and resolves when it has exited. May be called more than once. */
  stop(): Promise<void>;
}

const readyTimeoutMs = 30_000;
const stopTimeoutMs = 5_000;
const maxAttempts = 3;

/**
 * Starts Envoy and waits until it is ready. Rejects with the end of its log if it does not become
 * ready.
 */
export async function startEnvoy(options: StartEnvoyOptions): Promise<Envoy> {
  const version = options.version ?? process.env["ENVOY_TEST_VERSION"];
  const log = (line: string) => console.error(line);
  const program = await findEnvoy(version === undefined ? { log } : { log, version });
  for (let attempt = 1; ; attempt += 1) {
    const envoy = await launch(program, options);
    try {
      return await whenReady(envoy);
    } catch (error) {
      await stop(envoy);
      // Another process may take a free port before Envoy binds it.
      const isTaken = /Address already in use/.test(envoy.output());
      if (attempt === maxAttempts || !isTaken) throw error;
    }
  }
}

interface Launched {
  child: ChildProcess;
  folder: string;
  output: () => string;
  exited: Promise<void>;
}

async function launch(program: string, options: StartEnvoyOptions): Promise<Launched> {
  const folder = mkdtempSync(join(tmpdir(), "envoy-"));
  const file = join(folder, "envoy.json");
  writeFileSync(file, JSON.stringify(await bootstrapOf(options)));
  const child = spawn(
    program,
    [
      ...["--config-path", file, "--admin-address-path", join(folder, "admin")],
      ...["--concurrency", "1", "--use-dynamic-base-id"],
      // By default, Envoy flushes access logs only every ten seconds.
      ...["--file-flush-interval-msec", "10"],
      ...["--log-level", options.logLevel ?? "info"],
    ],
    { env: options.env ?? {}, stdio: ["ignore", "pipe", "pipe"] },
  );
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
  // Envoy must not outlive a test process that ends without calling stop().
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  const exited = new Promise<void>((resolve) => {
    const settle = () => {
      process.off("exit", kill);
      resolve();
    };
    child.once("close", settle);
    child.once("error", (error) => {
      chunks.push(Buffer.from(String(error)));
      settle();
    });
  });
  return { child, folder, output: () => Buffer.concat(chunks).toString(), exited };
}

async function bootstrapOf({ config, ports = ["egress"] }: StartEnvoyOptions): Promise<object> {
  let built = config;
  if (typeof built === "function") {
    const entries = ports.map(async (name) => [name, await freePort()] as const);
    const build = built as (ports: Record<string, number>) => Bootstrap;
    built = build(Object.fromEntries(await Promise.all(entries)));
  }
  const bootstrap = typeof built === "string" ? (parse(built) as object) : built;
  const address = { socket_address: { address: "127.0.0.1", port_value: 0 } };
  return { ...bootstrap, admin: { address } };
}

async function whenReady(envoy: Launched): Promise<Envoy> {
  const admin = await findAdmin(envoy);
  const ports = await admin.listenerPorts();
  const port = (name: string) => {
    const found = ports.get(name);
    if (found === undefined)
      throw new Error(`No listener ${name}; the listeners are ${[...ports.keys()].join()}`);
    return found;
  };
  const { pid } = envoy.child;
  if (pid === undefined) throw new Error("BUG: a ready Envoy without a process id");
  return {
    port,
    url: `http://127.0.0.1:${[...ports.values()][0] ?? 0}`,
    adminPort: admin.port,
    pid,
    stats: (name) => admin.stat(name),
    prometheus: () => admin.prometheus(),
    configDump: () => admin.configDump(),
    logs: envoy.output,
    memoryBytes: () => residentBytes(pid),
    stop: () => stop(envoy),
  };
}

async function findAdmin(envoy: Launched): Promise<EnvoyAdmin> {
  const deadline = performance.now() + readyTimeoutMs;
  let hasExited = false;
  void envoy.exited.then(() => (hasExited = true));
  while (performance.now() < deadline && !hasExited) {
    const address = readAddress(join(envoy.folder, "admin"));
    if (address !== undefined) {
      const admin = new EnvoyAdmin(address);
      // If Envoy exits, the request to its admin interface may never get a response.
      const gone = envoy.exited.then(() => false);
      if (await Promise.race([admin.isReady(), gone])) return admin;
    }
    await sleep(20);
  }
  const why = hasExited ? "has exited" : `was not ready within ${readyTimeoutMs} ms`;
  const tail = envoy.output().trim().split("\n").slice(-25).join("\n");
  throw new Error(`Envoy ${why}. The end of its log:\n${tail}`);
}

function readAddress(file: string): string | undefined {
  try {
    // Undefined until Envoy has written the whole address.
    return /^\S+:\d+$/.exec(readFileSync(file, "utf8").trim())?.[0];
  } catch {
    return undefined;
  }
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

async function stop({ child, folder, exited }: Launched): Promise<void> {
  child.kill("SIGTERM");
  const insist = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
  await exited;
  clearTimeout(insist);
  rmSync(folder, { recursive: true, force: true });
}
