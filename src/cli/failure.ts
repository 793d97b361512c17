/** A failure that ends the program, with its message for the user and its exit code: 1 for the input or the machine, 2 for usage. */
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
