// The echo answers with exactly what arrived, so that a test sees what a proxy did to its request.
import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { type Answer, jsonAnswer } from "./answer.ts";
import type { ReadBody } from "./body.ts";

/** The JSON object in the body of an echo. */
export interface Echo {
  method: string;
  /** As in the request line, with the query. */
  path: string;
  httpVersion: string;
  /** As on the wire: in order, in their original case, and repeated ones separately. */
  headers: [name: string, value: string][];
  /** Absent for `x-mock-echo: digest` and for a body larger than `maxBodyBytes`. */
  bodyBase64?: string;
  bodyBytes: number;
  bodySha256: string;
  trailers: [name: string, value: string][];
  /** The server name (SNI) that the client sent; null without SNI or TLS. */
  serverName: string | null;
}

/** 200 with an Echo. The body must have been read to its end, as trailers come after it. */
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
