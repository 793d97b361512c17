/**
 * A failure that ends the program, with its message for the user and its exit code: 1 for the input
 * or the machine, 2 for usage.
 */
export class Failure extends Error {
  constructor(
    message: string,
    readonly exitCode: 1 | 2,
  ) {
    super(message);
  }
}

/** What the system says of an error of its own, without a stack. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** An Envoy can't be had; the message says why and what the user can do. */
export class EnvoyUnavailable extends Error {}

/** What to do where Envoy can't be fetched; part of the messages that say so. */
export const remedy = "Put envoy on PATH, or set ENVOY to the path of an Envoy binary.";
