// What the mock records about requests: counters since its start, and the latest requests, up to a
// bound.
import type { IncomingMessage, ServerResponse } from "node:http";

/**
 * One request as the mock saw it. `status` and `durationMs` are set when the answer ends or the
 * client disconnects.
 */
export interface MockRequest {
  method: string;
  path: string;
  /** Of the answer; 0 if there was none. */
  status: number;
  /** Whether the body has arrived completely; pending while it is arriving. */
  body: "pending" | "complete" | "aborted";
  /** From the arrival of the headers to the end of the answer. */
  durationMs: number;
}

/** Counters since the mock's start. GET /__mock/stats returns them. */
export interface MockStats {
  received: number;
  /** Requests whose body arrived completely. */
  complete: number;
  /** Requests whose client disconnected before that. */
  aborted: number;
}

/** How many of the latest requests are kept. */
export const maxRecords = 1000;

export class Records {
  readonly stats: MockStats = { received: 0, complete: 0, aborted: 0 };
  readonly requests: MockRequest[] = [];
  readonly #onRequest: (request: MockRequest) => void;

  /**
   * `onRequest` is called once for each request, when its answer ends or its client disconnects.
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
    // After the answer, the request does not report that its client disconnects. Its connection
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
