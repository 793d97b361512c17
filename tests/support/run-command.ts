// Starts `llm-egress run` as a user does, for tests of the CLI.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./ports.ts";

export interface Running {
  port: number;
  /** The folder for all of its temporary files. */
  temporary: string;
  stdout(): string;
  stderr(): string;
  /** Resolves when the output contains the text; rejects after 10 s. */
  said(text: string): Promise<void>;
  /**
   * Sends a signal, SIGTERM by default, unless the process has exited. Resolves with the exit code
   * when it has exited.
   */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Waits until the process exits by itself, and resolves with the exit code. */
  ended(): Promise<number | null>;
}

const timeoutMs = 10_000;

const built = [process.execPath, "build/llm-egress.mjs"];

/**
 * Starts `llm-egress run` on a free port, with these arguments and environment variables. Does not
 * wait until it is ready. `program` is another `llm-egress` than the one that is built.
 */
export async function startRun(
  words: string[],
  env: NodeJS.ProcessEnv,
  program: readonly string[] = built,
): Promise<Running> {
  const port = await freePort();
  const temporary = mkdtempSync(join(tmpdir(), "llm-egress-test-"));
  const addresses = ["--listen", `127.0.0.1:${port}`];
  const [file = "", ...before] = program;
  const child = spawn(file, [...before, "run", ...addresses, ...words], {
    env: { ...process.env, TMPDIR: temporary, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const said = async (text: string): Promise<void> => {
    const deadline = performance.now() + timeoutMs;
    while (!stdout.includes(text) && !stderr.includes(text)) {
      if (performance.now() > deadline)
        throw new Error(`"${text}" is not in the output:\n${stdout}${stderr}`);
      await sleep(20);
    }
  };
  const ended = async (): Promise<number | null> => ((await closed) as [number | null])[0];
  const stop = (signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> => {
    if (child.exitCode === null) child.kill(signal);
    return ended();
  };
  return { port, temporary, stdout: () => stdout, stderr: () => stderr, said, stop, ended };
}

/** Stops the process and removes its files. */
export async function endRun(running: Running): Promise<void> {
  await running.stop();
  rmSync(running.temporary, { recursive: true, force: true });
}

export interface Answer {
  status: number;
  body: string;
}

/** POSTs a chat request with one message to a port of this machine, with this Host header. */
export async function postChat(port: number, path: string, host: string): Promise<Answer> {
  const headers = { host, "content-type": "application/json" };
  const sent = request({ host: "127.0.0.1", port, path, method: "POST", headers });
  sent.end('{"messages":[{"role":"user","content":"hello"}]}');
  const [response] = (await once(sent, "response")) as [
    NodeJS.ReadableStream & { statusCode: number },
  ];
  let body = "";
  for await (const chunk of response) body += chunk.toString();
  return { status: response.statusCode, body };
}
