// Parses an HTTP/1.1 response from the bytes that have arrived so far.

/** A response as far as it has arrived. */
export interface RawResponse {
  /** 0 until the headers have arrived. */
  status: number;
  /** As on the wire: in order, and with their case. */
  headers: [name: string, value: string][];
  body: Buffer;
  trailers: [name: string, value: string][];
  /**
   * Whether the whole body has arrived: by its length, its last chunk, or, if the headers announce
   * neither, the end of the connection.
   */
  complete: boolean;
  /** All bytes, including informational responses. */
  raw: Buffer;
}

interface Body {
  body: Buffer;
  trailers: [name: string, value: string][];
  complete: boolean;
}

/**
 * The first final response in `raw`; informational ones (100 Continue) are skipped. `ended` means
 * that no more bytes will arrive.
 */
export function parseResponse(raw: Buffer, ended: boolean): RawResponse {
  let at = 0;
  for (;;) {
    const headEnd = raw.indexOf("\r\n\r\n", at);
    if (headEnd < 0) {
      const nothing = Buffer.alloc(0);
      return { status: 0, headers: [], body: nothing, trailers: [], complete: false, raw };
    }
    const [statusLine = "", ...lines] = raw.toString("latin1", at, headEnd).split("\r\n");
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1] ?? 0);
    at = headEnd + 4;
    if (status >= 100 && status < 200 && status !== 101) continue;
    const headers = lines.map(splitLine);
    return { status, headers, raw, ...readBody(raw.subarray(at), { status, headers, ended }) };
  }
}

/**
 * The values of the header with this case-insensitive name, joined as a proxy may join them;
 * undefined if it is absent.
 */
export function headerOf(headers: [string, string][], name: string): string | undefined {
  const values = headers.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(", ");
}

function splitLine(line: string): [string, string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

interface Head {
  status: number;
  headers: [string, string][];
  ended: boolean;
}

function readBody(rest: Buffer, { status, headers, ended }: Head): Body {
  if (headerOf(headers, "transfer-encoding") === "chunked") return readChunks(rest);
  const announced = headerOf(headers, "content-length");
  const hasNone = status === 204 || status === 304;
  if (announced === undefined && !hasNone) return { body: rest, trailers: [], complete: ended };
  const length = hasNone ? 0 : Number(announced);
  return { body: rest.subarray(0, length), trailers: [], complete: rest.length >= length };
}

function readChunks(rest: Buffer): Body {
  const chunks: Buffer[] = [];
  const done = (trailers: [string, string][], complete: boolean): Body => {
    return { body: Buffer.concat(chunks), trailers, complete };
  };
  let at = 0;
  for (;;) {
    const lineEnd = rest.indexOf("\r\n", at);
    if (lineEnd < 0) return done([], false);
    const size = parseInt(rest.toString("latin1", at, lineEnd), 16);
    at = lineEnd + 2;
    if (size === 0) return done(...readTrailers(rest.toString("latin1", at)));
    chunks.push(rest.subarray(at, at + size));
    at += size + 2;
    if (at > rest.length) return done([], false);
  }
}

function readTrailers(text: string): [[string, string][], boolean] {
  if (text.startsWith("\r\n")) return [[], true];
  const end = text.indexOf("\r\n\r\n");
  return end < 0 ? [[], false] : [text.slice(0, end).split("\r\n").map(splitLine), true];
}
