// An OpenAI-compatible provider for tests and the quickstart. This file accepts connections, checks
// keys and finds the endpoint. Answers follow simple rules (tokens.ts and reply.ts), unless the
// request's `x-mock-*` headers ask for something else (directives.ts). GET /__mock/stats returns
// counters.
import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type Answer, jsonAnswer } from "./answer.ts";
import { maxBodyBytes, readBody } from "./body.ts";
import { streamChat } from "./chat.ts";
import { type Directives, plainly, readDirectives } from "./directives.ts";
import { answerEcho } from "./echo.ts";
import { findHandler } from "./endpoints.ts";
import { bodyTooLarge, errorAnswer, unauthorized } from "./errors.ts";
import { Files } from "./files.ts";
import { createdNow, newId } from "./identity.ts";
import { type MockRequest, type MockStats, Records } from "./records.ts";
import { splitWords } from "./tokens.ts";
import { sendAnswer } from "./send.ts";

export interface MockOptions {
  /** 127.0.0.1 by default. */
  host?: string;
  /** Any free port by default. */
  port?: number;
  /** The only key that is accepted. By default, any key is, and requests without one. */
  apiKey?: string;
  /** In PEM. With it, the mock uses TLS. */
  tls?: { cert: string; key: string };
  /** Called once for each request, when its answer ends or its client disconnects. */
  onRequest?: (request: MockRequest) => void;
}

export interface Mock {
  /** E.g. `http://127.0.0.1:8081`, without a path. */
  url: string;
  port: number;
  /** The latest requests, oldest first, at most 1000. */
  requests: readonly MockRequest[];
  stats: Readonly<MockStats>;
  /** Closes all connections at once and frees the port. */
  close(): Promise<void>;
}

/** Starts the mock provider; rejects if the port is taken. */
export async function startMock(options: MockOptions = {}): Promise<Mock> {
  const { host = "127.0.0.1", port = 0, tls } = options;
  const records = new Records(options.onRequest ?? (() => {}));
  const files = new Files();
  const server = listener((request, response) => {
    void serve({ request, response, records, files, apiKey: options.apiKey });
  }, tls);
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address() as AddressInfo;
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return {
    url: `${tls === undefined ? "http" : "https"}://${name}:${address.port}`,
    port: address.port,
    requests: records.requests,
    stats: records.stats,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

function listener(serveOne: RequestListener, tls: MockOptions["tls"]): Server {
  // A proxy keeps idle connections in a pool. If a timer closed them here, a request would fail now
  // and then.
  const settings = { keepAliveTimeout: 0, requestTimeout: 0, maxHeaderSize: 64 * 1024 };
  if (tls === undefined) return createServer(settings, serveOne);
  return createTlsServer({ ...settings, ...tls }, serveOne);
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  records: Records;
  files: Files;
  apiKey: string | undefined;
}

async function serve(exchange: Exchange): Promise<void> {
  const { request, response, records } = exchange;
  if (request.url === "/__mock/stats") {
    const stats = { ...records.stats, requests: records.requests };
    return sendAnswer(response, jsonAnswer(200, stats), plainly);
  }
  records.follow(request, response);
  try {
    const directives = readDirectives(request.headers);
    if (typeof directives === "string") {
      const message = `The value of ${directives} is malformed.`;
      return await sendAnswer(response, errorAnswer(400, { message }), plainly);
    }
    await sendAnswer(response, await decide(exchange, directives), directives);
  } catch {
    // The client disconnected in the middle of its body: nobody is left to answer.
    response.destroy();
  }
}

async function decide(exchange: Exchange, directives: Directives): Promise<Answer> {
  const { request } = exchange;
  if (directives.early) {
    return directives.status === undefined ? earlyAnswer() : statusAnswer(directives.status);
  }
  const body = await readBody(request, directives.echo === "digest" ? "digest" : "content");
  if (directives.status !== undefined) return statusAnswer(directives.status);
  if (directives.echo !== "off") return answerEcho(request, body);
  const [path = "", ...rest] = (request.url ?? "").split("?");
  const found = findHandler(request.method ?? "", path);
  if ("status" in found) return found;
  const refusal = checkKey(request, exchange.apiKey);
  if (refusal !== undefined) return refusal;
  if (body.content === undefined) return bodyTooLarge(maxBodyBytes);
  const contentType = request.headers["content-type"] ?? "";
  const query = new URLSearchParams(rest.join("?"));
  const call = { query, contentType, body: body.content, files: exchange.files };
  return found.handler({ ...call, name: found.name });
}

/** The headers in which providers accept a key, with what comes before it. */
const keyHeaders = { authorization: "Bearer ", "x-api-key": "", "x-goog-api-key": "" };

// Exactly one of these headers is allowed, once. Node.js silently uses the first of several.
function checkKey(request: IncomingMessage, apiKey: string | undefined): Answer | undefined {
  if (apiKey === undefined) return undefined;
  const sent = Object.entries(keyHeaders).flatMap(([name, prefix]) =>
    (request.headersDistinct[name] ?? []).map((value) => value === prefix + apiKey),
  );
  if (sent.length !== 1) return unauthorized(sent.length > 1);
  return sent[0] === true ? undefined : unauthorized(true);
}

function statusAnswer(status: number): Answer {
  if (status === 204 || status === 304) return { status, headers: {}, pieces: [] };
  const type = status >= 500 ? "server_error" : "invalid_request_error";
  return errorAnswer(status, { message: `The mock was asked for ${status}.`, type });
}

function earlyAnswer(): Answer {
  const head = { id: newId("chatcmpl-"), created: createdNow(), model: "mock-early" };
  const words = splitWords("This answer began before the request had come to its end.");
  return streamChat(head, { words, finishReason: "stop" });
}
