// One stream under the scripted host. It makes the callbacks, and records what is forwarded to the
// provider and returned to the client.
import type { HeaderList } from "./header-list.ts";

export interface LocalResponse {
  status: number;
  details: string;
  body: string;
  headers: HeaderList;
}

/** Values that callbacks return. */
export const CONTINUE = 0;
export const STOP = 1;
export const HOLD = 2;
export const STOP_NO_BUFFER = 3;

/** The part of the host that a stream needs. */
interface Host {
  run(id: number, callback: string, ...args: number[]): number;
  end(id: number): void;
}

/** One request and its answer. */
export class WasmStream {
  readonly id: number;
  /** The root context that it belongs to. */
  readonly root: number;
  readonly properties = new Map<string, string>();
  /** What the filter has set for the access log. */
  readonly filterState = new Map<string, string>();
  readonly localResponses: LocalResponse[] = [];
  requestHeaders: HeaderList = [];
  requestTrailers: HeaderList = [];
  responseHeaders: HeaderList = [];
  /** The trailers of the answer. */
  trailersSent: HeaderList = [];
  /**
   * The chunk of the body while its callback runs. After the callback, what will be forwarded of
   * it.
   */
  chunk: Buffer = Buffer.alloc(0);
  /** The parts of the request body that were forwarded to the provider. */
  readonly forwarded: Buffer[] = [];
  /** What the filter has edited of the request body, and Envoy does not forward yet. */
  private waiting: Buffer[] = [];
  /** Whether Envoy holds the request from its headers on, and what has come of it since. */
  isHeld = false;
  private heldBody: { chunk: Buffer; endOfStream: boolean } | undefined;
  private heldTrailers: HeaderList | undefined;
  /** The parts of the answer's body that were returned to the client. */
  readonly returned: Buffer[] = [];

  constructor(
    private readonly host: Host,
    ids: { id: number; root: number },
    cluster: string,
    route: string,
  ) {
    this.id = ids.id;
    this.root = ids.root;
    this.properties.set("xds\0cluster_name", cluster);
    this.properties.set("xds\0route_name", route);
  }

  /** Passes the request headers to the filter. */
  headers(headers: HeaderList, endOfStream = false): number {
    this.requestHeaders = headers.map(([name, value]) => [name, value]);
    const { id } = this;
    const count = headers.length;
    const status = this.host.run(id, "proxy_on_request_headers", id, count, Number(endOfStream));
    this.isHeld = status === STOP && this.localResponses.length === 0;
    return status;
  }

  /** The filter lets a request go on: what has come of it meanwhile comes in one piece. */
  go(): void {
    if (!this.isHeld) throw new Error("the request does not wait");
    this.isHeld = false;
    const { heldBody, heldTrailers } = this;
    if (heldBody !== undefined) this.body(heldBody.chunk, heldBody.endOfStream);
    if (heldTrailers !== undefined) this.trailers(heldTrailers);
  }

  /** Passes a chunk of the request body to the filter. */
  body(chunk: Buffer | string, endOfStream = false): number {
    if (this.isHeld) {
      const held = this.heldBody?.chunk ?? Buffer.alloc(0);
      this.heldBody = { chunk: Buffer.concat([held, Buffer.from(chunk)]), endOfStream };
      return HOLD;
    }
    this.chunk = Buffer.from(chunk);
    const { id } = this;
    const size = this.chunk.length;
    const status = this.host.run(id, "proxy_on_request_body", id, size, Number(endOfStream));
    if (status === HOLD) this.waiting.push(this.chunk);
    if (status === CONTINUE) {
      this.release();
      this.forwarded.push(this.chunk);
    }
    return status;
  }

  /** Passes the request trailers to the filter. */
  trailers(trailers: HeaderList): number {
    if (this.isHeld) {
      this.heldTrailers = trailers;
      return STOP;
    }
    this.requestTrailers = [...trailers];
    const { id } = this;
    const status = this.host.run(id, "proxy_on_request_trailers", id, trailers.length);
    if (status === CONTINUE) this.release();
    return status;
  }

  private release(): void {
    this.forwarded.push(...this.waiting.filter((chunk) => chunk.length > 0));
    this.waiting = [];
  }

  /** How many bytes of the request body Envoy holds. */
  get waitingBytes(): number {
    return Buffer.concat(this.waiting).length;
  }

  /** Passes the headers of the answer to the filter. */
  response(headers: HeaderList, endOfStream = false): number {
    this.responseHeaders = headers.map(([name, value]) => [name, value]);
    const { id } = this;
    return this.host.run(id, "proxy_on_response_headers", id, headers.length, Number(endOfStream));
  }

  /** Passes a chunk of the answer's body to the filter. */
  responseBody(chunk: Buffer | string, endOfStream = false): number {
    this.chunk = Buffer.from(chunk);
    const { id } = this;
    const size = this.chunk.length;
    const status = this.host.run(id, "proxy_on_response_body", id, size, Number(endOfStream));
    this.returned.push(this.chunk);
    return status;
  }

  /** Passes the trailers of the answer to the filter. */
  responseTrailers(trailers: HeaderList): number {
    this.trailersSent = trailers.map(([name, value]) => [name, value]);
    return this.host.run(this.id, "proxy_on_response_trailers", this.id, trailers.length);
  }

  /** Ends the stream. */
  end(): void {
    this.host.end(this.id);
  }

  /** The header map with this number in the ABI. */
  headerMap(map: number): HeaderList {
    if (map === 0) return this.requestHeaders;
    if (map === 1) return this.requestTrailers;
    return map === 2 ? this.responseHeaders : this.trailersSent;
  }

  /** The value of the first request header with this name. */
  header(name: string): string | undefined {
    return this.requestHeaders.find((header) => header[0] === name)?.[1];
  }

  /** The status and the code of the only local response. */
  get refusal(): string {
    return this.localResponses.map(({ status, details }) => `${status} ${details}`).join(", ");
  }

  /** All of the answer's body that was returned to the client. */
  get returnedText(): string {
    return Buffer.concat(this.returned).toString();
  }

  /** All of the request body that was forwarded to the provider. */
  get forwardedText(): string {
    return Buffer.concat(this.forwarded).toString();
  }
}
