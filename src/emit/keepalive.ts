/** A connection whose peer answers none of these probes is closed. */
export const keepaliveProbes = { intervalMs: 10_000, count: 3 };
