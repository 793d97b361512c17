// An HTTP/2 client without TLS (prior knowledge), for bodies without a length and for trailers.
import {
  connect,
  constants,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * What to send on one stream. By default, `:method` is POST and `:path` is /. Each of `pieces`
 * becomes a DATA frame.
 */
export interface H2Request {
  headers: OutgoingHttpHeaders;
  pieces?: (string | Buffer)[];
  trailers?: OutgoingHttpHeaders;
  /** The pause between two pieces; 5 by default. */
  pauseMs?: number;
  timeoutMs?: number;
}

export interface H2Response {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
  trailers: Record<string, string | string[] | undefined>;
  /** The code of the RST_STREAM that ended the stream; 0 if it was not reset. */
  resetCode: number;
}

/**
 * Sends one request on a new connection, and reads until the stream is closed. Also resolves if the
 * stream is reset, with the code.
 */
export async function exchangeH2(port: number, request: H2Request): Promise<H2Response> {
  const session = connect(`http://127.0.0.1:${port}`);
  const failed = new Promise<never>((_, reject) => session.on("error", reject));
  try {
    const stream = session.request(
      { ":method": "POST", ":path": "/", ...request.headers },
      { waitForTrailers: request.trailers !== undefined, endStream: request.pieces === undefined },
    );
    const answered = readAnswer(stream);
    void sendBody(stream, request);
    return await Promise.race([answered, failed, expire(request.timeoutMs ?? 10_000)]);
  } finally {
    session.destroy();
  }
}

async function sendBody(stream: ClientHttp2Stream, request: H2Request): Promise<void> {
  const { pieces, trailers, pauseMs = 5 } = request;
  if (pieces === undefined) return;
  if (trailers !== undefined) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  for (const piece of pieces) {
    if (stream.destroyed || stream.closed) return;
    stream.write(piece);
    await sleep(pauseMs);
  }
  stream.end();
}

function readAnswer(stream: ClientHttp2Stream): Promise<H2Response> {
  const chunks: Buffer[] = [];
  const answer = { status: 0, headers: {}, trailers: {} } as Omit<H2Response, "body" | "resetCode">;
  stream.on("response", (headers) => {
    answer.status = headers[":status"] ?? 0;
    answer.headers = headers;
  });
  stream.on("trailers", (trailers: IncomingHttpHeaders) => (answer.trailers = trailers));
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  // The reset code reports errors.
  stream.on("error", () => {});
  return new Promise((resolve) => {
    stream.on("close", () => {
      const resetCode = stream.rstCode ?? constants.NGHTTP2_NO_ERROR;
      resolve({ ...answer, body: Buffer.concat(chunks), resetCode });
    });
  });
}

async function expire(timeoutMs: number): Promise<never> {
  await sleep(timeoutMs, undefined, { ref: false });
  throw new Error(`The stream did not end within ${timeoutMs} ms`);
}
