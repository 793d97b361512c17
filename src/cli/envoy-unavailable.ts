/** An Envoy can't be had; the message says why and what the user can do. */
export class EnvoyUnavailable extends Error {}

/** What to do where Envoy can't be fetched; part of the messages that say so. */
export const remedy = "Put envoy on PATH, or set ENVOY to the path of an Envoy binary.";
