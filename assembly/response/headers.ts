// Reads and edits the response's headers and trailers. Comes in: the provider's; goes out: the same
// without what would act on the client for the provider's host (cookies, an alternative address, a
// reload), and without any header that echoes the credential. Nothing is kept between calls:
// `ResponseHeaders` is valid within one callback only.

import {
  Bytes,
  bytesOf,
  contains,
  equals,
  equalsHeaderName,
  equalsIgnoringCase,
  parseWhole,
} from "../bytes/bytes";
import { Char } from "../bytes/chars";
import {
  CONTENT_ENCODING,
  CONTENT_LENGTH,
  CONTENT_TYPE,
  HeaderPairs,
  IDENTITY,
  JSON_TYPE,
} from "../host/header-pairs";
import { getHeaders, HeaderMap, removeHeader, resultEnd, resultStart } from "../host/host";
import { Credential } from "../keys/credential";

const STATUS = bytesOf(":status");
const SET_COOKIE = bytesOf("set-cookie");
const ALT_SVC = bytesOf("alt-svc");
const CLEAR_SITE_DATA = bytesOf("clear-site-data");
const REFRESH = bytesOf("refresh");
const EVENT_STREAM = bytesOf("text/event-stream");
const FRAMES = bytesOf("application/vnd.amazon.eventstream");
// One object after another, which is read like one.
const JSON_LINES = bytesOf("application/x-ndjson");
const STREAM_JSON = bytesOf("application/stream+json");

/** Every status outside 100 to 599, which have one value in metrics. */
export const OTHER_STATUS: u32 = 600;

const pairs = new HeaderPairs();

export class ResponseHeaders {
  /** The status code, or OTHER_STATUS; 0 if there is none. */
  status: u32 = 0;
  isEventStream: bool = false;
  isJson: bool = false;
  hasFrames: bool = false;
  isCompressed: bool = false;
  hasLength: bool = false;

  /** Whether the request has succeeded. */
  get isSuccess(): bool {
    return this.status - 200 < 100;
  }

  /** Reads and edits the current stream's response headers. */
  clean(credential: Credential | null, secrets: Bytes[]): void {
    this.status = 0;
    this.isEventStream = this.isJson = this.hasFrames = this.isCompressed = this.hasLength = false;
    if (!openHeaders(HeaderMap.Response, credential)) return;
    while (pairs.next()) {
      this.note();
      cleanPair(HeaderMap.Response, credential, secrets);
    }
  }

  private note(): void {
    const valueStart = pairs.valueStart;
    const valueEnd = pairs.valueEnd;
    if (equals(STATUS, pairs.nameStart, pairs.nameEnd)) {
      const status = parseWhole(valueStart, valueEnd);
      this.status = status - 100 < 500 ? <u32>status : OTHER_STATUS;
    } else if (equals(CONTENT_TYPE, pairs.nameStart, pairs.nameEnd)) {
      this.isEventStream = isMediaType(EVENT_STREAM, valueStart, valueEnd);
      this.hasFrames = isMediaType(FRAMES, valueStart, valueEnd);
      this.isJson =
        isMediaType(JSON_TYPE, valueStart, valueEnd) ||
        isMediaType(JSON_LINES, valueStart, valueEnd) ||
        isMediaType(STREAM_JSON, valueStart, valueEnd);
    } else if (equals(CONTENT_LENGTH, pairs.nameStart, pairs.nameEnd)) {
      this.hasLength = true;
    } else if (equals(CONTENT_ENCODING, pairs.nameStart, pairs.nameEnd)) {
      if (!equalsIgnoringCase(IDENTITY, valueStart, valueEnd)) this.isCompressed = true;
    }
  }
}

/** Edits the current stream's response trailers. */
export function cleanTrailers(credential: Credential | null, secrets: Bytes[]): void {
  if (!openHeaders(HeaderMap.ResponseTrailers, credential)) return;
  while (pairs.next()) cleanPair(HeaderMap.ResponseTrailers, credential, secrets);
}

/** Removes content-length, as the filter may change the answer's length. */
export function removeLength(): void {
  const start = changetype<usize>(CONTENT_LENGTH);
  removeHeader(HeaderMap.Response, start, start + CONTENT_LENGTH.byteLength);
}

// The key, if any header may echo it. Most answers echo nothing, which one search through all
// headers shows.
let echoedKey: Bytes | null = null;

function openHeaders(map: HeaderMap, credential: Credential | null): bool {
  if (!getHeaders(map)) return false;
  const key = credential !== null ? credential.key : null;
  echoedKey = key !== null && contains(key, resultStart, resultEnd) ? key : null;
  pairs.open(resultStart, resultEnd);
  return true;
}

function cleanPair(map: HeaderMap, credential: Credential | null, secrets: Bytes[]): void {
  const start = pairs.nameStart;
  const end = pairs.nameEnd;
  const isDropped =
    equalsHeaderName(SET_COOKIE, start, end) ||
    equalsHeaderName(ALT_SVC, start, end) ||
    equalsHeaderName(CLEAR_SITE_DATA, start, end) ||
    equalsHeaderName(REFRESH, start, end) ||
    (credential !== null && contains(credential.lowerKey, start, end)) ||
    (echoedKey !== null && contains(echoedKey!, pairs.valueStart, pairs.valueEnd)) ||
    echoes(secrets);
  if (isDropped) removeHeader(map, start, end);
}

// Whether the header has one of these keys. Most providers have none but the credential's.
function echoes(secrets: Bytes[]): bool {
  for (let i = 0; i < secrets.length; i++) {
    const secret = unchecked(secrets[i]);
    if (contains(secret, pairs.nameStart, pairs.nameEnd)) return true;
    if (contains(secret, pairs.valueStart, pairs.valueEnd)) return true;
  }
  return false;
}

// Whether a content-type is `type`, with any parameters.
function isMediaType(type: Bytes, start: usize, end: usize): bool {
  const size = <usize>type.byteLength;
  if (end - start < size || !equalsIgnoringCase(type, start, start + size)) return false;
  if (end - start == size) return true;
  const next = load<u8>(start + size);
  return next == Char.Semicolon || next == Char.Space || next == Char.Tab;
}
