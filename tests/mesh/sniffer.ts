import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/**
 * The addresses to which requests went in plain text with one of the words while `act` ran, each
 * once.
 */
export async function sniff<Result>(
  words: readonly string[],
  act: () => Promise<Result>,
): Promise<{ result: Result; seen: string[] }> {
  const child = spawn("python3", ["tests/mesh/sniffer.py", ...words], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const seen = new Set<string>();
  const lines = createInterface(child.stdout);
  await once(lines, "line");
  lines.on("line", (line) => seen.add(line));
  try {
    return { result: await act(), seen: await stop() };
  } finally {
    child.kill();
  }

  async function stop(): Promise<string[]> {
    child.stdin.end();
    await once(lines, "close");
    return [...seen].sort();
  }
}
