// The Kubernetes API as a controller needs it: one call, and one watch. Comes in: paths and objects;
// goes out: what the API responds. Kept between calls: connections.
import type { Agent as HttpAgent, ClientRequest, IncomingMessage } from "node:http";
import { Agent as PlainAgent, request as requestPlain } from "node:http";
import { Agent, request as requestTls, type RequestOptions } from "node:https";

/** Where the API is, and as whom it is called. */
export interface Access {
  /** `https://host:port`, without a path. */
  server: string;
  /** Adds credentials and trust to the options of a request: credentials may change at any time. */
  authorize(options: RequestOptions): Promise<void>;
}

/** An object as the API has it. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: Metadata;
  [field: string]: unknown;
}

export interface Metadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  managedFields?: { manager?: string | undefined }[];
  [field: string]: unknown;
}

export interface Call {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  query?: Record<string, string>;
  body?: object;
  /** `application/json` by default. */
  contentType?: string;
}

/** The API has refused a call. */
export class KubeError extends Error {
  constructor(
    /** The HTTP status; 0 if the response says none. */
    readonly status: number,
    /** Such as `AlreadyExists`; empty if the response says none. */
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

export interface WatchEvent {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  object: KubeObject;
}

export interface WatchOptions {
  /** The API has accepted the watch. */
  onOpen: () => void;
  /** `json` is the text that the event was read from. */
  onEvent: (event: WatchEvent, json: string) => void;
  signal: AbortSignal;
  /** A watch on which nothing arrives for so long has failed. */
  silenceMs: number;
}

const callTimeoutMs = 15_000;
const connections = { keepAlive: true, maxSockets: 16, scheduling: "lifo" } as const;

export class KubeClient {
  readonly #access: Access;
  readonly #isPlain: boolean;
  readonly #agent: HttpAgent;
  /** Its own, as many collections begin at once: no write waits for them, and no Lease is lost. */
  readonly #listAgent: HttpAgent;
  readonly #watchAgent: HttpAgent;

  constructor(access: Access) {
    this.#access = access;
    this.#isPlain = access.server.startsWith("http:");
    this.#agent = this.#isPlain ? new PlainAgent(connections) : new Agent(connections);
    this.#listAgent = this.#isPlain ? new PlainAgent(connections) : new Agent(connections);
    this.#watchAgent = this.#isPlain ? new PlainAgent() : new Agent();
  }

  /**
   * Makes a call. Rejects with a KubeError if the API refuses it, and with another error if there
   * is no response.
   */
  async call<Result = KubeObject>(call: Call): Promise<Result> {
    return JSON.parse(await this.#textOf(call, this.#agent)) as Result;
  }

  /** A page of a collection, as the text of the response: its numbers have all of their digits. */
  list(path: string, query: Record<string, string>): Promise<string> {
    return this.#textOf({ path, query }, this.#listAgent);
  }

  async #textOf(call: Call, agent: HttpAgent): Promise<string> {
    const response = await this.#send(call, agent, AbortSignal.timeout(callTimeoutMs));
    const text = await textOf(response);
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return text;
    throw errorOf(status, text);
  }

  /** Follows a collection. Resolves when the API ends the watch, and rejects if the watch fails. */
  async watch(
    path: string,
    query: Record<string, string>,
    { onOpen, onEvent, signal, silenceMs }: WatchOptions,
  ): Promise<void> {
    const silence = new AbortController();
    const fail = () => silence.abort(new Error("nothing has arrived on the watch for too long"));
    const timer = setTimeout(fail, silenceMs);
    try {
      const call = { path, query: { ...query, watch: "true" } };
      const either = AbortSignal.any([signal, silence.signal]);
      const response = await this.#send(call, this.#watchAgent, either);
      if (response.statusCode !== 200) {
        throw errorOf(response.statusCode ?? 0, await textOf(response));
      }
      onOpen();
      for await (const line of linesOf(response)) {
        timer.refresh();
        onEvent(JSON.parse(line) as WatchEvent, line);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes the connections that wait for further calls. */
  close(): void {
    this.#agent.destroy();
    this.#listAgent.destroy();
    this.#watchAgent.destroy();
  }

  async #send(call: Call, agent: HttpAgent, signal: AbortSignal): Promise<IncomingMessage> {
    const { method = "GET", path, query = {}, contentType = "application/json" } = call;
    const url = new URL(this.#access.server + path);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    // Node writes no length for DELETE, and the API would take the body for the next request.
    const size = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const content = body === undefined ? {} : { "content-type": contentType, ...size };
    const headers = { accept: "application/json", ...content };
    const options: RequestOptions = { method, headers };
    await this.#access.authorize(options);
    // The configuration's own agent, if it leads through a proxy; else one that keeps connections.
    const isOwn = options.agent instanceof Agent && options.agent.constructor !== Agent;
    const whole = { ...options, signal, ...(isOwn && !this.#isPlain ? {} : { agent }) };
    return new Promise((resolve, reject) => {
      const sent: ClientRequest = (this.#isPlain ? requestPlain : requestTls)(url, whole);
      sent.on("socket", (socket) => socket.setKeepAlive(true, 10_000));
      sent.on("error", reject);
      sent.on("response", resolve);
      sent.end(body);
    });
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let pending: Buffer[] = [];
  for await (const piece of response) {
    let chunk = piece as Buffer;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10)) {
      pending.push(chunk.subarray(0, end));
      yield Buffer.concat(pending).toString();
      pending = [];
      chunk = chunk.subarray(end + 1);
    }
    if (chunk.length > 0) pending.push(chunk);
  }
}

function errorOf(status: number, text: string): KubeError {
  try {
    const { reason = "", message = text } = JSON.parse(text) as Partial<KubeError>;
    return new KubeError(status, reason, message);
  } catch {
    return new KubeError(status, "", text);
  }
}
