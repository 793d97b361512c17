import { once } from "node:events";
import { InvalidArgumentError } from "commander";
import { startMock } from "../mock/server.ts";
import { Failure, reasonOf } from "./failure.ts";
import { awaitStopRequest } from "./stop-request.ts";
import { printLine } from "./terminal.ts";

export interface MockCommandOptions {
  host: string;
  port: number;
  apiKey?: string;
}

/** Runs the mock provider until it is asked to stop. Returns the exit code. */
export async function mock(options: MockCommandOptions): Promise<number> {
  const server = await startMock(options).catch((error: unknown) => {
    throw new Failure(`the mock provider can't start: ${reasonOf(error)}`, 1);
  });
  const { signal, release } = awaitStopRequest();
  printLine(`mock provider listens on ${server.url}`);
  await once(signal, "abort");
  await server.close();
  release();
  return 0;
}

/** A port, or 0 for any that is free. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("It must be a number from 0 to 65535.");
}
