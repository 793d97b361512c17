// What the mock remembers of the requests that it got: counters over its life, and the latest
// requests up to a bound.
import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * One request as the mock saw it; `status` and `durationMs` follow when the answer has ended or the
 * client has left.
 */
export interface MockRequest {
  method: string;
  path: string;
  /** What the answer began with; 0 where none began. */
  status: number;
  /** Whether the body came to its end: pending while it is still coming. */
  body: "pending" | "complete" | "aborted";
  /** From the headers' arrival to the end of the answer. */
  durationMs: number;
}

/** Counters over the mock's life; GET /__mock/stats answers them. */
export interface MockStats {
  received: number;
  /** Requests whose body came to its end. */
  complete: number;
  /** Requests whose client left or reset before that. */
  aborted: number;
}

/** How many of the latest requests are kept. */
export const maxRecords = 1000;

export class Records {
  readonly stats: MockStats = { received: 0, complete: 0, aborted: 0 };
  readonly requests: MockRequest[] = [];
  readonly #onRequest: (request: MockRequest) => void;

  /**
   * `onRequest` is called once for each request, when its answer has ended or its client has left.
   */
  constructor(onRequest: (request: MockRequest) => void) {
    this.#onRequest = onRequest;
  }

  /** Follows one request to the end of its body and of its answer. */
  follow(request: IncomingMessage, response: ServerResponse): void {
    const record: MockRequest = {
      method: request.method ?? "",
      path: request.url ?? "",
      status: 0,
      body: "pending",
      durationMs: 0,
    };
    const begun = performance.now();
    this.stats.received += 1;
    this.requests.push(record);
    if (this.requests.length > maxRecords) this.requests.shift();
    const settle = (body: "complete" | "aborted") => {
      request.socket.off("close", leave);
      record.body = body;
      this.stats[body] += 1;
    };
    // The request itself does not tell when its client leaves after the answer: its connection
    // does.
    const leave = () => settle("aborted");
    request.socket.once("close", leave);
    request.once("end", () => settle("complete"));
    response.once("close", () => {
      record.status = response.headersSent ? response.statusCode : 0;
      record.durationMs = performance.now() - begun;
      this.#onRequest(record);
    });
  }
}
