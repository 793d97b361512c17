// Requests for tests of the filter: the bytes of HTTP/1.1 requests, and functions that read the
// answers.
import assert from "node:assert/strict";
import type { Echo } from "../../src/mock/echo.ts";
import { headerOf, type RawResponse } from "./http-response.ts";
import type { Observation } from "./gateway.ts";

export interface RequestHead {
  method?: string;
  path?: string;
  host?: string;
  /** The header lines as sent; a name may occur more than once. */
  headers?: [name: string, value: string][];
}

/**
 * The head of a request, with the empty line that ends it. By default, a POST to
 * /v1/chat/completions.
 */
export function head(host: string, request: RequestHead = {}): string {
  const { method = "POST", path = "/v1/chat/completions", headers = [] } = request;
  const lines = [["host", host] as const, ...headers].map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n");
}

/** A whole request with `content-length`. */
export function post(host: string, body: string | Buffer, request: RequestHead = {}): Buffer {
  const length: [string, string] = ["content-length", String(Buffer.byteLength(body))];
  const headers = [length, ...(request.headers ?? [])];
  return Buffer.concat([Buffer.from(head(host, { ...request, headers })), Buffer.from(body)]);
}

/** The pieces of a chunked request: the head, each chunk, and the empty last chunk. */
export function chunked(host: string, pieces: (string | Buffer)[], request: RequestHead = {}) {
  const encoding: [string, string] = ["transfer-encoding", "chunked"];
  const headers = [encoding, ...(request.headers ?? [])];
  return [head(host, { ...request, headers }), ...pieces.map(chunk), "0\r\n\r\n"];
}

/** One chunk of a chunked body. */
export function chunk(piece: string | Buffer): Buffer {
  const bytes = Buffer.from(piece);
  const size = Buffer.from(`${bytes.length.toString(16)}\r\n`);
  return Buffer.concat([size, bytes, Buffer.from("\r\n")]);
}

/** The header that makes the mock echo the request that it received. */
export const echoing: [string, string] = ["x-mock-echo", "1"];

/** Reads the mock's echo from an answer. */
export function echoOf(answer: { status: number; body: Buffer }): Echo {
  assert.equal(answer.status, 200, answer.body.toString());
  return JSON.parse(answer.body.toString()) as Echo;
}

/** The body that the mock received, as text. */
export function echoedBody(answer: { status: number; body: Buffer }): string {
  return Buffer.from(echoOf(answer).bodyBase64 ?? "", "base64").toString();
}

/** All values of a header that the mock received. */
export function echoedHeader(echo: Echo, name: string): string[] {
  return echo.headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
}

/** How the filter refuses a request. */
export interface Refusal {
  status: number;
  code: string;
  param?: string;
}

/**
 * Checks that a request was refused as documented, and that no provider received the whole request.
 */
export function assertRefused(observed: Observation<AnyAnswer>, refusal: Refusal): void {
  const { answer } = observed;
  const { status, code, param = null } = refusal;
  assert.equal(answer.status, status, answer.body.toString());
  assert.equal(contentType(answer), "application/json");
  const { error } = JSON.parse(answer.body.toString()) as { error: Record<string, unknown> };
  const { message, ...rest } = error;
  assert.equal(typeof message, "string");
  const type = status < 500 ? "invalid_request_error" : "server_error";
  assert.deepEqual(rest, { type, param, code });
  assert.equal(observed.details, `llm_egress_${code}`);
  assert.equal(observed.status, status);
  assert.equal(observed.complete, 0, "the provider received the whole request");
}

/** An answer over HTTP/1.1 or HTTP/2. */
export type AnyAnswer =
  | RawResponse
  | { status: number; headers: Record<string, string | string[] | undefined>; body: Buffer };

function contentType({ headers }: AnyAnswer): unknown {
  return Array.isArray(headers) ? headerOf(headers, "content-type") : headers["content-type"];
}
