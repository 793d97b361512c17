// Runs a real Prometheus for one test file, with its own data folder.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./ports.ts";

/** One series of a result, with its value at the time of the query. */
export interface Series {
  labels: Record<string, string>;
  value: number;
}

export interface PrometheusServer {
  /** `HOST:PORT` of its API. */
  address: string;
  /**
   * The result of an expression; rejects with the error of Prometheus if the expression is invalid.
   */
  query(expression: string): Promise<Series[]>;
  stop(): Promise<void>;
}

const readyTimeoutMs = 20_000;

/** Starts Prometheus with this configuration, in a folder with the files of examples/telemetry. */
export async function startPrometheus(program: string, config: string): Promise<PrometheusServer> {
  const folder = mkdtempSync(join(tmpdir(), "llm-egress-prometheus-"));
  cpSync("examples/telemetry", folder, { recursive: true });
  writeFileSync(join(folder, "config.yaml"), config);
  const address = `127.0.0.1:${await freePort()}`;
  const words = [
    ...["--config.file=config.yaml", "--storage.tsdb.path=data", "--log.level=warn"],
    `--web.listen-address=${address}`,
  ];
  const child = spawn(program, words, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  }
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  const closed = once(child, "close");
  const stop = async () => {
    child.kill("SIGTERM");
    await closed;
    process.off("exit", kill);
    rmSync(folder, { recursive: true });
  };
  const deadline = performance.now() + readyTimeoutMs;
  while (!(await isReady(address))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await stop();
      throw new Error(`Prometheus did not become ready:\n${output}`);
    }
    await sleep(50);
  }
  return { address, query: (expression) => query(address, expression), stop };
}

function isReady(address: string): Promise<boolean> {
  return fetch(`http://${address}/-/ready`).then(
    ({ ok }) => ok,
    () => false,
  );
}

interface Reply {
  error?: string;
  data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
}

async function query(address: string, expression: string): Promise<Series[]> {
  const body = new URLSearchParams({ query: expression });
  const response = await fetch(`http://${address}/api/v1/query`, { method: "POST", body });
  const { error, data } = (await response.json()) as Reply;
  if (data === undefined) throw new Error(`${expression}: ${error}`);
  return data.result.map(({ metric: labels, value: [, value] }) => ({
    labels,
    value: Number(value),
  }));
}
