// Runs the CLI from its sources, or as it is built.
import { spawn } from "node:child_process";
import { once } from "node:events";

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `llm-egress` with these arguments until it ends. */
export async function llmEgress(...words: string[]): Promise<Ended> {
  return runCli(words, {});
}

const sources = ["--import", "tsx", "src/cli/main.ts"];
/** Unlike tsx, it needs no temporary folder. */
export const built = ["build/llm-egress.mjs"];

/** The same, with environment variables and standard input. */
export async function runCli(
  words: readonly string[],
  {
    env = {},
    input = "",
    program = sources,
  }: { env?: NodeJS.ProcessEnv; input?: string; program?: string[] },
): Promise<Ended> {
  const command = [...program, ...words];
  const child = spawn(process.execPath, command, {
    env: { ...process.env, ...env },
    timeout: 60_000,
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  // The command may end without reading it.
  child.stdin.on("error", () => {}).end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}
