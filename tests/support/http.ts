// An HTTP/1.1 client for tests that control which bytes are sent, and when.
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { parseResponse, type RawResponse } from "./http-response.ts";

/** One connection. */
export interface RawClient {
  /** Sends bytes immediately, without joining them with the next ones. */
  send(bytes: string | Buffer): void;
  /** What has arrived, with one character per byte. */
  received(): string;
  /** The part of the response that has arrived. */
  response(): RawResponse;
  /**
   * Resolves when the response is complete or the connection has ended; rejects after `timeoutMs`
   * (10 s).
   */
  finished(timeoutMs?: number): Promise<RawResponse>;
  /** Closes the sending side (FIN), and continues to read. */
  end(): void;
  /** Closes the connection immediately (with RST if the peer still sends). */
  close(): void;
}

const defaultTimeoutMs = 10_000;

/** Connects to a port of this machine. */
export async function connectRaw(port: number, host = "127.0.0.1"): Promise<RawClient> {
  const socket = connect({ port, host, noDelay: true });
  const chunks: Buffer[] = [];
  let ended = false;
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("close", () => (ended = true));
  await once(socket, "connect");
  // After a reset, `complete` stays false.
  socket.on("error", () => {});
  const response = () => parseResponse(Buffer.concat(chunks), ended);
  const finished = async (timeoutMs = defaultTimeoutMs) => {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const now = response();
      if (now.complete || ended) return now;
      if (performance.now() > deadline) {
        throw new Error(
          `No complete response within ${timeoutMs} ms, but only: ${now.raw.toString()}`,
        );
      }
      await sleep(2);
    }
  };
  return {
    response,
    finished,
    send: (bytes) => void socket.write(bytes),
    received: () => Buffer.concat(chunks).toString("latin1"),
    end: () => void socket.end(),
    close: () => void socket.destroy(),
  };
}

export interface ExchangeOptions {
  /** The pause between two segments; 5 by default, so that they arrive one by one. */
  pauseMs?: number;
  timeoutMs?: number;
}

/** Sends a request in segments on a new connection, and reads the whole response. */
export async function exchangeRaw(
  port: number,
  segments: (string | Buffer)[],
  { pauseMs = 5, timeoutMs = defaultTimeoutMs }: ExchangeOptions = {},
): Promise<RawResponse> {
  const client = await connectRaw(port);
  for (const [index, segment] of segments.entries()) {
    if (index > 0) await sleep(pauseMs);
    client.send(segment);
  }
  try {
    return await client.finished(timeoutMs);
  } finally {
    client.close();
  }
}
