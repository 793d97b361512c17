// A steady load, to see that nothing is lost while the mesh changes.
import type { Workload, WorkloadAnswer } from "./workload.ts";

export interface Load {
  /** Every answer so far with the time at which it came (performance.now()), in their order. */
  answers: { at: number; answer: WorkloadAnswer }[];
  /** Requests that got no answer. */
  failures: Error[];
  /** Resolves when the requests that are under way have ended. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  url: string;
  headers?: Record<string, string>;
  /** Clients, each of which sends its next request when it has an answer. */
  parallel: number;
}

/** Starts clients that go on until they are stopped. */
export function startLoad(workload: Workload, { url, headers = {}, parallel }: LoadOptions): Load {
  const load: Omit<Load, "stop"> = { answers: [], failures: [] };
  let isStopped = false;
  const request = async () => {
    while (!isStopped) {
      try {
        const answer = await workload.chat(url, {}, headers);
        load.answers.push({ at: performance.now(), answer });
      } catch (error) {
        load.failures.push(error as Error);
      }
    }
  };
  const clients = Array.from({ length: parallel }, request);
  const stop = async () => {
    isStopped = true;
    await Promise.all(clients);
  };
  return { ...load, stop };
}
