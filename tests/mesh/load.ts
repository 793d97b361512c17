// A steady load, to check that no request is lost while the mesh changes.
import type { Workload, WorkloadAnswer } from "./workload.ts";

export interface Load {
  /** All answers so far, in order, with the time at which they arrived (performance.now()). */
  answers: { at: number; answer: WorkloadAnswer }[];
  /** The errors of requests without an answer. */
  failures: Error[];
  /** Stops the load, and resolves when all pending requests have ended. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  url: string;
  headers?: Record<string, string>;
  /** The number of clients. Each sends its next request when it has received an answer. */
  parallel: number;
}

/** Starts clients that send requests until they are stopped. */
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
