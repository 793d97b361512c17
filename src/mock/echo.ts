// The echo: answers with exactly what was received, so that a test sees what a proxy made of its
// request.
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { type Answer, jsonAnswer } from "./answer.ts";
import type { ReadBody } from "./body.ts";

/** The JSON object that an echo answers with. */
export interface Echo {
  method: string;
  /** As on the request line, with its query. */
  path: string;
  httpVersion: string;
  /** As on the wire: in order, with their case, repeated ones one by one. */
  headers: [name: string, value: string][];
  /** Absent for `x-mock-echo: digest` and for a body past the mock's bound. */
  bodyBase64?: string;
  bodyBytes: number;
  bodySha256: string;
  trailers: [name: string, value: string][];
  /** The server name that the client asked for over TLS; null without TLS. */
  serverName: string | null;
}

/** Answers 200 with an Echo. The body has been read to its end, so the trailers are there. */
export function answerEcho(request: IncomingMessage, body: ReadBody): Answer {
  const serverName = (request.socket as Partial<TLSSocket>).servername;
  const echo: Echo = {
    method: request.method ?? "",
    path: request.url ?? "",
    httpVersion: request.httpVersion,
    headers: pair(request.rawHeaders),
    ...(body.content === undefined ? {} : { bodyBase64: body.content.toString("base64") }),
    bodyBytes: body.bytes,
    bodySha256: body.sha256,
    trailers: pair(request.rawTrailers),
    serverName: typeof serverName === "string" ? serverName : null,
  };
  return jsonAnswer(200, echo);
}

function pair(flat: string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) pairs.push([flat[at] ?? "", flat[at + 1] ?? ""]);
  return pairs;
}
