// Hands out keys of a folder of Secrets to the filter of `run`, by the key server's protocol and over
// a Unix domain socket that the owner alone can use. Kept between calls: the keys, their version, and
// the calls that wait for another one.
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";

/** A call without news is answered after so long. The filter waits a little longer. */
const longestPollMs = 25_000;
const readMs = 200;

/** A folder for each Secret, as Kubernetes mounts it: the key of `NAME/KEY` is the file `NAME/KEY`. */
export class KeyFolder {
  readonly #directory: string;
  readonly #warn: (line: string) => void;
  #references: readonly string[] = [];
  #keys: Record<string, string> = {};
  #missing = new Set<string>();
  #version = 0;
  #waiting = new Set<() => void>();
  #server: Server | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(directory: string, warn: (line: string) => void) {
    this.#directory = directory;
    this.#warn = warn;
  }

  /** Hands out the keys of these references from now on. */
  async use(references: readonly string[]): Promise<void> {
    this.#references = references;
    await this.#read();
  }

  async listen(socket: string): Promise<void> {
    const server = createServer((request, response) => this.#answer(request, response));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    const read = async (): Promise<void> => {
      await this.#read();
      this.#timer = setTimeout(() => void read(), readMs);
    };
    await read();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  async #read(): Promise<void> {
    const keys: Record<string, string> = {};
    for (const reference of this.#references) {
      const key = await readFile(join(this.#directory, reference), "utf8").catch(() => "");
      if (key.trim() !== "") keys[reference] = key;
      this.#note(reference, key.trim() === "");
    }
    if (this.#version > 0 && JSON.stringify(keys) === JSON.stringify(this.#keys)) return;
    this.#keys = keys;
    this.#version += 1;
    for (const answer of this.#waiting) answer();
  }

  #note(reference: string, isMissing: boolean): void {
    if (isMissing && !this.#missing.has(reference)) {
      this.#warn(`warning: ${join(this.#directory, reference)} has no key`);
    }
    if (isMissing) this.#missing.add(reference);
    else this.#missing.delete(reference);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://keys");
    if (pathname !== "/v1/keys") return void response.writeHead(404).end();
    const end = (): void => {
      clearTimeout(timer);
      this.#waiting.delete(end);
      const isNews = searchParams.get("version") !== this.#name();
      response.writeHead(isNews ? 200 : 304, { "content-type": "application/json" });
      response.end(
        isNews ? JSON.stringify({ version: this.#name(), keys: this.#keys }) : undefined,
      );
    };
    const timer = setTimeout(end, longestPollMs);
    this.#waiting.add(end);
    request.on("close", () => {
      if (!response.writableEnded) clearTimeout(timer);
    });
    if (searchParams.get("version") !== this.#name()) end();
  }

  #name(): string {
    return `${process.pid}.${this.#version}`;
  }
}
