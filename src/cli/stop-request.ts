// What asks a command that runs on to stop: a signal, its terminal or its parent going away, or the
// reader of its output closing the pipe.

/** SIGHUP comes from a terminal that goes away. */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export interface StopRequest {
  /** Aborted at the first request. */
  signal: AbortSignal;
  /** Leaves signals to their usual effect again. */
  release: () => void;
}

/** Begins to wait for a request to stop. Until `release`, no signal ends the process by itself. */
export function awaitStopRequest(): StopRequest {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  for (const signal of signals) process.on(signal, stop);
  // Only a node process that has started this one with a channel can disconnect it.
  process.on("disconnect", stop);
  process.stdout.on("error", stop);
  const release = (): void => {
    for (const signal of signals) process.off(signal, stop);
    process.off("disconnect", stop);
    process.stdout.off("error", stop);
  };
  return { signal: controller.signal, release };
}
