// The HTTPS server that the API server calls before it stores a resource. Kept between calls: the
// reviews that wait. One is judged at a time, with a turn for the rest of the process in between.
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { setImmediate as turn } from "node:timers/promises";
import type { Endpoint } from "../../plan/plan.ts";
import type { KeyPair } from "./certificate.ts";
import {
  type AdmissionRequest,
  type AdmissionResponse,
  formatReview,
  readReview,
} from "./review.ts";

export interface WebhookOptions {
  listen: Endpoint;
  /** Undefined while the cluster is not known yet. */
  review: (request: AdmissionRequest) => AdmissionResponse | undefined;
  onOutcome: (outcome: "allowed" | "refused" | "failed") => void;
  /** For tests. */
  timeoutMs?: number;
}

/** The API server accepts objects of up to 3 MiB, and a review has two of them. */
const mostBytes = 8 * 1024 * 1024;
/** All of them in memory at once. */
const mostReviews = 16;
// As in the configuration of the webhook: after that, the API server goes on without the response.
const requestTimeoutMs = 5_000;

export class WebhookServer {
  readonly #options: WebhookOptions;
  #server: Server | undefined;
  #last: Promise<void> = Promise.resolve();
  #count = 0;

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  /** Serves with a certificate from now on. Rejects if it can't listen. */
  async use(pair: KeyPair): Promise<void> {
    if (this.#server !== undefined) return this.#server.setSecureContext(pair);
    const { host, port } = this.#options.listen;
    const { timeoutMs = requestTimeoutMs } = this.#options;
    const limits = {
      handshakeTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      headersTimeout: timeoutMs,
      connectionsCheckingInterval: timeoutMs / 2,
    };
    const options = { ...pair, ...limits, minVersion: "TLSv1.2" } as const;
    const server = createServer(options, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => fail(response, error));
    });
    server.maxConnections = 256;
    server.listen(port, host);
    await once(server, "listening");
    this.#server = server;
  }

  /** The port on which it listens. */
  get port(): number {
    const address = this.#server?.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  close(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST") throw new Refusal(405);
    if (request.url?.replace(/\?.*$/, "") !== "/validate") throw new Refusal(404);
    if (this.#count >= mostReviews) throw new Refusal(503);
    this.#count += 1;
    try {
      const read = readReview(await bodyOf(request));
      if (read === undefined) throw new Refusal(400);
      const result = await this.#inTurn(() =>
        // The API server has gone on.
        response.destroyed ? undefined : this.#options.review(read),
      );
      if (result === undefined) throw new Refusal(503);
      this.#options.onOutcome(result.allowed ? "allowed" : "refused");
      response.setHeader("content-type", "application/json");
      response.end(formatReview(result));
    } catch (error) {
      this.#options.onOutcome("failed");
      throw error;
    } finally {
      this.#count -= 1;
    }
  }

  /** Runs `act` after all those before it. */
  #inTurn<Result>(act: () => Result): Promise<Result> {
    const result = this.#last.then(() => turn()).then(act);
    this.#last = result.then(
      () => {},
      () => {},
    );
    return result;
  }
}

class Refusal extends Error {
  constructor(readonly status: number) {
    super();
  }
}

/** No text of the error: it may quote the object. */
function fail(response: ServerResponse, error: unknown): void {
  const status = error instanceof Refusal ? error.status : 500;
  response.setHeader("connection", "close");
  response.writeHead(status).end();
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > mostBytes) throw new Refusal(413);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}
