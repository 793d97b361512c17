// Hands out keys to gateways. Comes in: `GET /v1/keys?version=V&config=R` over mutual TLS of the
// mesh; goes out: the caller's keys, at once if V is another version, else when they change. Kept
// between calls: the polls that wait. No log line has a key.
import { constants } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { TLSSocket } from "node:tls";
import { type Caller, callerOf, spiffeIdOf } from "./caller.ts";
import type { Forward } from "./forward.ts";
import { isVersion, type KeyStore } from "./key-store.ts";
import type { Identity } from "./mesh-identity.ts";
import { forwardedHeader, isRevision, keysPath, type Poll, readForwarded } from "./poll.ts";
import type { Polls } from "./polls.ts";
import { type Ending, WaitingPoll } from "./waiting-poll.ts";

export type Refusal = "tls" | "identity" | "pod" | "request";

export interface KeyServerOptions {
  host: string;
  port: number;
  trustDomain: string;
  /** The controller's own ServiceAccount: its replicas forward the polls of others. */
  own: Caller;
  store: KeyStore;
  polls: Polls;
  /** A poll has begun to wait: what it acknowledges may be news. */
  onPoll: (poll: Poll) => void;
  onRefusal: (reason: Refusal, fields: object) => void;
  onKeys: (fields: object) => void;
  forward: Forward;
  /** A poll ends after this time, if nothing changes. */
  pollMs?: number;
}

// Then the peer has to show its certificate again, which may have expired meanwhile.
const mostConnectionMs = 600_000;

export class KeyServer {
  readonly #options: Required<KeyServerOptions>;
  readonly #waiting = new Set<WaitingPoll>();
  #server: Server | undefined;

  constructor(options: KeyServerOptions) {
    this.#options = { pollMs: 25_000, ...options };
  }

  /** Serves with this identity from now on. Rejects if it can't listen. */
  async use(identity: Identity): Promise<void> {
    const secrets = { ...identity, minVersion: "TLSv1.2", ...noResumption } as const;
    if (this.#server !== undefined) return this.#server.setSecureContext(secrets);
    const server = createServer({
      ...secrets,
      ...{ requestCert: true, rejectUnauthorized: true },
      // The names that the mesh's proxies use. Not istio-peer-exchange, which is a protocol.
      ALPNProtocols: ["http/1.1", "istio-http/1.1", "istio"],
      // Before the handshake, anybody may hold a connection open.
      ...{ handshakeTimeout: 10_000, connectionsCheckingInterval: 5_000 },
      ...{ headersTimeout: 10_000, requestTimeout: 10_000, keepAliveTimeout: 120_000 },
    });
    this.#server = server;
    server.on("tlsClientError", (error, socket) => this.#refuseConnection(error, socket));
    server.on("secureConnection", (socket) => socket.setKeepAlive(true, 10_000));
    server.on("request", (request, response) => this.#answer(request, response));
    server.listen(this.#options.port, this.#options.host);
    await once(server, "listening").catch((error: unknown) => {
      this.#server = undefined;
      throw error;
    });
  }

  /** The store's grants may have changed. */
  notify(): void {
    for (const waiting of [...this.#waiting]) waiting.look();
  }

  /** Ends all polls that wait here, so that they come again, and can be forwarded. */
  release(): void {
    for (const waiting of [...this.#waiting]) waiting.release();
  }

  close(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }

  #refuseConnection(error: Error & { code?: string }, socket: TLSSocket): void {
    // Node sets it to the code of the verification's failure, or to null.
    const unverified = socket.authorizationError as unknown as string | null | undefined;
    this.#options.onRefusal("tls", { cause: unverified ?? error.code ?? error.message });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const socket = request.socket as TLSSocket;
    response.on("error", () => {});
    if (ageOf(socket) > mostConnectionMs) response.shouldKeepAlive = false;
    const name = socket.getPeerX509Certificate()?.subjectAltName;
    const address = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    const caller = callerOf(name, this.#options.trustDomain);
    if (caller === undefined) return this.#refuse(response, "identity", { name, address });
    // Not URL, which throws for a path such as `//`.
    const [path, query] = splitAt(request.url ?? "", "?");
    if (path !== keysPath || request.method !== "GET") {
      return this.#refuse(response, "request", { caller, address });
    }
    const parameters = new URLSearchParams(query);
    const given = parameters.get("version") ?? "";
    const version = isVersion(given) ? given : "";
    const revision = parameters.get("config") ?? "";
    const config = isRevision(revision) ? revision : "";
    const poll = { caller, address, version, config };
    if (!this.#isOwn(caller)) return void this.#serve(poll, response, this.#options.forward);
    const original = readForwarded(request.headers[forwardedHeader]);
    if (original === undefined) return this.#refuse(response, "pod", { caller, address });
    void this.#serve({ ...poll, ...original }, response, undefined);
  }

  #isOwn(caller: Caller): boolean {
    const { own, trustDomain } = this.#options;
    return spiffeIdOf(caller, trustDomain) === spiffeIdOf(own, trustDomain);
  }

  /** Only the leader knows of all polls, so another replica forwards them to it, while it can. */
  async #serve(poll: Poll, response: ServerResponse, forward: Forward | undefined): Promise<void> {
    const { store, polls, pollMs, onPoll } = this.#options;
    if (store.grantFor(poll.caller) === "refused") return this.#end("refused", poll, response);
    const forwarded = await forward?.(poll, response);
    if (forwarded === "answered" || response.destroyed) return;
    const waiting = new WaitingPoll(poll, {
      ...{ store, pollMs },
      onOpen: () => {
        const close = polls.open(poll.address, poll.config);
        onPoll(poll);
        return close;
      },
      onEnd: (ending) => this.#end(ending, poll, response),
    });
    this.#waiting.add(waiting);
    response.on("close", () => {
      this.#waiting.delete(waiting);
      waiting.drop();
    });
    waiting.look();
  }

  #end(ending: Ending, { caller, address }: Poll, response: ServerResponse): void {
    if (ending === "refused") return this.#refuse(response, "pod", { caller, address });
    if (ending === "unknown") return void response.writeHead(503).end();
    if (ending === "unchanged") return void response.writeHead(304).end();
    const { version, keys } = ending;
    const headers = { "content-type": "application/json", "cache-control": "no-store" };
    response.writeHead(200, headers).end(JSON.stringify({ version, keys }));
    this.#options.onKeys({ caller, address, version, references: Object.keys(keys) });
  }

  #refuse(response: ServerResponse, reason: Refusal, fields: object): void {
    this.#options.onRefusal(reason, fields);
    response.writeHead(reason === "request" ? 404 : 403).end();
  }
}

function splitAt(text: string, separator: string): [before: string, after: string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + separator.length)];
}

// A session that is resumed would skip the verification of the peer's certificate.
const noResumption = { secureOptions: constants.SSL_OP_NO_TICKET };

const connectedAt = new WeakMap<TLSSocket, number>();

function ageOf(socket: TLSSocket): number {
  const now = performance.now();
  const since = connectedAt.get(socket) ?? now;
  connectedAt.set(socket, since);
  return now - since;
}
