// Sends a body in each of the ways that HTTP allows, piece by piece, and no faster than the peer
// reads.
import { once } from "node:events";
import { type Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { connect, type ClientHttp2Stream, type OutgoingHttpHeaders } from "node:http2";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";

export interface Upload {
  host: string;
  /** The size, for the ways that send `content-length`. */
  bytes: number;
  pieces: Iterable<Buffer>;
  headers?: Record<string, string>;
  /** HTTP/1.1 only: to send more than one request on a connection. */
  agent?: Agent;
}

export interface UploadAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/**
 * Sends POST /v1/chat/completions to a port of this machine, and reads the answer, which may arrive
 * before the whole body is sent.
 */
export type SendUpload = (port: number, upload: Upload) => Promise<UploadAnswer>;

/** All ways, by the name that tests use for them. */
export const uploadWays: Record<string, SendUpload> = {
  "HTTP/1.1 with content-length": (port, upload) => sendHttp1(port, upload, withLength(upload)),
  "HTTP/1.1 in chunks": (port, upload) => sendHttp1(port, upload, {}),
  "HTTP/1.1 with Expect: 100-continue": (port, upload) =>
    sendHttp1(port, upload, { ...withLength(upload), expect: "100-continue" }),
  "HTTP/2 with content-length": (port, upload) => sendHttp2(port, upload, withLength(upload)),
  "HTTP/2 without content-length": (port, upload) => sendHttp2(port, upload, {}),
  "HTTP/2 with content-length and trailers": (port, upload) =>
    sendHttp2(port, upload, withLength(upload), { "x-sum": "1" }),
};

/** Whether an HTTP/1.1 upstream must receive a content-length. */
export function announcesLength(way: string): boolean {
  return !/chunks|without/.test(way);
}

const path = "/v1/chat/completions";
// Long enough that the empty last chunk or DATA frame is sent alone.
const pauseBeforeEndMs = 5;

function withLength({ bytes }: Upload): Record<string, string> {
  return { "content-length": String(bytes) };
}

async function sendHttp1(
  port: number,
  upload: Upload,
  headers: Record<string, string>,
): Promise<UploadAnswer> {
  const { host, agent } = upload;
  const message = request({
    port,
    host: "127.0.0.1",
    path,
    method: "POST",
    headers: { host, ...upload.headers, ...headers },
    agent: agent ?? false,
  });
  const answered = once(message, "response") as Promise<[IncomingMessage]>;
  if (headers["expect"] !== undefined) {
    message.flushHeaders();
    // A refusal arrives without a 100 (Continue).
    await Promise.race([once(message, "continue"), answered]);
  }
  void writeAll(message, upload.pieces);
  const [response] = await answered;
  const body = await buffer(response);
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

async function sendHttp2(
  port: number,
  upload: Upload,
  headers: OutgoingHttpHeaders,
  trailers?: OutgoingHttpHeaders,
): Promise<UploadAnswer> {
  const session = connect(`http://127.0.0.1:${port}`);
  const pseudo = { ":method": "POST", ":path": path, ":authority": upload.host };
  try {
    const stream = session.request(
      { ...pseudo, ...upload.headers, ...headers },
      { waitForTrailers: trailers !== undefined },
    );
    if (trailers !== undefined) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    const answered = once(stream, "response") as Promise<[UploadAnswer["headers"]]>;
    void writeAll(stream, upload.pieces);
    const [answer] = await answered;
    const body = await buffer(stream);
    return { status: Number(answer[":status"]), headers: answer, body };
  } finally {
    session.destroy();
  }
}

async function writeAll(
  to: ClientRequest | ClientHttp2Stream,
  pieces: Iterable<Buffer>,
): Promise<void> {
  // If the answer arrives first, the peer may stop reading. The answer says why.
  const gone = once(to, "close").catch(() => {});
  to.on("error", () => {});
  for (const piece of pieces) {
    if (to.destroyed) return;
    if (!to.write(piece)) await Promise.race([once(to, "drain").catch(() => {}), gone]);
  }
  await sleep(pauseBeforeEndMs);
  to.end();
}
