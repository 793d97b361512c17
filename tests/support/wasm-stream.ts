// One stream under the scripted host: makes the callbacks, and records what went on and what came back.
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
export const STOP_NO_BUFFER = 3;

/** What makes callbacks and ends streams. */
interface Host {
  run(id: number, callback: string, ...args: number[]): number;
  end(id: number): void;
}

/** One request and its answer. */
export class WasmStream {
  readonly properties = new Map<string, string>();
  /** What the filter has set, for the access log. */
  readonly filterState = new Map<string, string>();
  readonly localResponses: LocalResponse[] = [];
  requestHeaders: HeaderList = [];
  requestTrailers: HeaderList = [];
  responseHeaders: HeaderList = [];
  /** The answer's trailers. */
  trailersSent: HeaderList = [];
  /** The body's chunk while its callback runs, and what is to be forwarded of it after that. */
  chunk: Buffer = Buffer.alloc(0);
  /** What has gone on to the provider. */
  readonly forwarded: Buffer[] = [];
  /** What has gone back to the client of the answer's body. */
  readonly returned: Buffer[] = [];

  constructor(
    private readonly host: Host,
    readonly id: number,
    cluster: string,
    route: string,
  ) {
    this.properties.set("xds\0cluster_name", cluster);
    this.properties.set("xds\0route_name", route);
  }

  /** The request's headers arrive. */
  headers(headers: HeaderList, endOfStream = false): number {
    this.requestHeaders = headers.map(([name, value]) => [name, value]);
    const { id } = this;
    return this.host.run(id, "proxy_on_request_headers", id, headers.length, Number(endOfStream));
  }

  /** A chunk of the request's body arrives. */
  body(chunk: Buffer | string, endOfStream = false): number {
    this.chunk = Buffer.from(chunk);
    const { id } = this;
    const size = this.chunk.length;
    const status = this.host.run(id, "proxy_on_request_body", id, size, Number(endOfStream));
    if (status === CONTINUE) this.forwarded.push(this.chunk);
    return status;
  }

  /** The request's trailers arrive. */
  trailers(trailers: HeaderList): number {
    this.requestTrailers = [...trailers];
    return this.host.run(this.id, "proxy_on_request_trailers", this.id, trailers.length);
  }

  /** The answer's headers arrive. */
  response(headers: HeaderList, endOfStream = false): number {
    this.responseHeaders = headers.map(([name, value]) => [name, value]);
    const { id } = this;
    return this.host.run(id, "proxy_on_response_headers", id, headers.length, Number(endOfStream));
  }

  /** A chunk of the answer's body arrives. */
  responseBody(chunk: Buffer | string, endOfStream = false): number {
    this.chunk = Buffer.from(chunk);
    const { id } = this;
    const size = this.chunk.length;
    const status = this.host.run(id, "proxy_on_response_body", id, size, Number(endOfStream));
    this.returned.push(this.chunk);
    return status;
  }

  /** The answer's trailers arrive. */
  responseTrailers(trailers: HeaderList): number {
    this.trailersSent = trailers.map(([name, value]) => [name, value]);
    return this.host.run(this.id, "proxy_on_response_trailers", this.id, trailers.length);
  }

  /** The stream is over. */
  end(): void {
    this.host.end(this.id);
  }

  /** The header map that an ABI number stands for. */
  headerMap(map: number): HeaderList {
    if (map === 0) return this.requestHeaders;
    if (map === 1) return this.requestTrailers;
    return map === 2 ? this.responseHeaders : this.trailersSent;
  }

  /** The first request header of that name. */
  header(name: string): string | undefined {
    return this.requestHeaders.find((header) => header[0] === name)?.[1];
  }

  /** The only local answer's status and code. */
  get refusal(): string {
    return this.localResponses.map(({ status, details }) => `${status} ${details}`).join(", ");
  }

  /** All of the answer's body that has gone back to the client. */
  get returnedText(): string {
    return Buffer.concat(this.returned).toString();
  }

  /** All that has gone on to the provider. */
  get forwardedText(): string {
    return Buffer.concat(this.forwarded).toString();
  }
}
