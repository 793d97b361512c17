/** Envoy's conditions for a retry of a request of which the provider has seen nothing. */
export const unsentErrors = "connect-failure,refused-stream";
