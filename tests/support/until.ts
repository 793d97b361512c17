import { setTimeout as sleep } from "node:timers/promises";

/** Resolves when the condition holds; rejects after a timeout. */
export async function until(condition: () => boolean, timeoutMs = 5_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`timed out: ${condition.toString()}`);
    await sleep(2);
  }
}
