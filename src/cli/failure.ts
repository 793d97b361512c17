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

/** The message of an error, without its stack. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** No Envoy is available. The message says why, and what the user can do. */
export class EnvoyUnavailable extends Error {}

/** What the user can do if Envoy can't be downloaded; a part of messages. */
export const remedy = "Put envoy on PATH, or set ENVOY to the path of an Envoy binary.";
