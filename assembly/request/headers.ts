// Reads the request's headers once and edits them. Comes in: Envoy's header map; goes out: the map
// without the client's credentials and the mesh's headers, with the provider's path, exactly one
// credential, and the body's new length. Kept between calls: which authority matched last.
// `RequestHeaders` points into the host's last result, and is valid within one callback only.

import { removedHeaderPrefixes } from "../../contract/edited-headers";
import { endpointMethods } from "../../contract/endpoints";
import { ErrorCode } from "../../contract/errors";
import {
  Bytes,
  bytesOf,
  equals,
  equalsHeaderName,
  equalsIgnoringCase,
  MOST_DIGITS,
  NOT_WHOLE,
  parseWhole,
  writeWhole,
} from "../bytes/bytes";
import { Config, Provider, Settings } from "../config/config";
import {
  CONTENT_ENCODING,
  CONTENT_LENGTH,
  CONTENT_TYPE,
  HeaderPairs,
  IDENTITY,
  JSON_TYPE,
} from "../host/header-pairs";
import {
  addHeader,
  getHeaders,
  HeaderMap,
  log,
  logBytes,
  LogLevel,
  removeHeader,
  resultEnd,
  resultStart,
  setHeader,
} from "../host/host";
import { Credential } from "../keys/credential";
import { NO_FAULT } from "../refuse";
import { upstreamPathEnd, upstreamPathStart } from "./path";

const METHOD = bytesOf(":method");
const PATH = bytesOf(":path");
const AUTHORITY = bytesOf(":authority");
const UPGRADE = bytesOf("upgrade");
const methods = endpointMethods.map<Bytes>((method) => bytesOf(method));
const prefixes = removedHeaderPrefixes.map<Bytes>((prefix) => bytesOf(prefix));
const digits = memory.data(MOST_DIGITS);

/** The request has no content-length. */
export const NO_LENGTH: u64 = NOT_WHOLE;

export class RequestHeaders {
  pathStart: usize = 0;
  pathEnd: usize = 0;
  /** A bit, by the index of the method in endpointMethods; 0 for any other method. */
  method: u32 = 0;
  isUpgrade: bool = false;
  isAddressedPlainly: bool = false;
  isCompressed: bool = false;
  /**
   * Whether content-length is not a number that the filter can add to: Envoy accepts some of these.
   */
  hasStrangeLength: bool = false;
  /** In bytes, or NO_LENGTH. */
  contentLength: u64 = NO_LENGTH;

  private hasJsonType: bool = false;
  private pairs: HeaderPairs = new HeaderPairs();
  private start: usize = 0;
  private end: usize = 0;

  /**
   * Reads the current stream's headers. No other host call that returns bytes may come between
   * `read` and `edit`.
   */
  read(config: Config): void {
    this.reset();
    if (!getHeaders(HeaderMap.Request)) return;
    this.start = resultStart;
    this.end = resultEnd;
    const pairs = this.pairs.open(this.start, this.end);
    while (pairs.next()) this.note(config, pairs);
  }

  private reset(): void {
    this.start = this.end = this.pathStart = this.pathEnd = 0;
    this.method = 0;
    this.isUpgrade = false;
    this.isAddressedPlainly = this.isCompressed = this.hasJsonType = false;
    this.hasStrangeLength = false;
    this.contentLength = NO_LENGTH;
  }

  private note(config: Config, pair: HeaderPairs): void {
    const start = pair.nameStart;
    const end = pair.nameEnd;
    const valueStart = pair.valueStart;
    const valueEnd = pair.valueEnd;
    if (equals(METHOD, start, end)) {
      this.method = methodBit(valueStart, valueEnd);
    } else if (equals(PATH, start, end)) {
      this.pathStart = valueStart;
      this.pathEnd = valueEnd;
    } else if (equals(AUTHORITY, start, end)) {
      this.isAddressedPlainly = isAllowed(config.authorities, valueStart, valueEnd);
    } else if (equals(CONTENT_LENGTH, start, end)) {
      this.contentLength = parseWhole(valueStart, valueEnd);
      this.hasStrangeLength = this.contentLength == NOT_WHOLE;
    } else if (equals(CONTENT_TYPE, start, end)) {
      this.hasJsonType = equals(JSON_TYPE, valueStart, valueEnd);
    } else if (equals(CONTENT_ENCODING, start, end)) {
      // Of several headers, each counts.
      if (!equalsIgnoringCase(IDENTITY, valueStart, valueEnd)) this.isCompressed = true;
    } else if (equals(UPGRADE, start, end)) {
      this.isUpgrade = true;
    }
  }

  /** Why the headers describe a JSON body that is not accepted: an ErrorCode, or NO_FAULT. */
  jsonFault(maxBytes: u64, endOfStream: bool): i32 {
    if (this.isCompressed) return ErrorCode.UnsupportedContentEncoding;
    const fault = this.lengthFault(maxBytes);
    if (fault != NO_FAULT) return fault;
    return endOfStream || this.contentLength == 0 ? ErrorCode.MissingBody : NO_FAULT;
  }

  /** Why the headers describe a body whose length is not accepted: an ErrorCode, or NO_FAULT. */
  lengthFault(maxBytes: u64): i32 {
    if (this.hasStrangeLength) return ErrorCode.InvalidParameter;
    const length = this.contentLength;
    return length != NO_LENGTH && length > maxBytes ? ErrorCode.RequestTooLarge : NO_FAULT;
  }

  /**
   * Edits the map: removes headers, adds those that are set and `credential`, and sets the path that
   * writeUpstreamPath wrote.
   */
  edit(
    config: Config,
    provider: Provider,
    settings: Settings,
    credential: Credential | null,
  ): void {
    const pairs = this.pairs.open(this.start, this.end);
    while (pairs.next()) {
      const start = pairs.nameStart;
      const end = pairs.nameEnd;
      if (config.removedHeaders.has(start, end) || hasRemovedPrefix(start, end)) {
        removeHeader(HeaderMap.Request, start, end);
      }
    }
    const set = provider.setHeaders;
    for (let i = 0; i < set.length; i++) {
      const header = unchecked(set[i]);
      if (header.isDefault && this.has(header.name)) continue;
      addHeader(HeaderMap.Request, header.name, header.key.credential!.value);
    }
    if (credential !== null) addHeader(HeaderMap.Request, settings.authHeader, credential.value);
    setHeader(HeaderMap.Request, PATH, upstreamPathStart, upstreamPathEnd);
  }

  private has(name: Bytes): bool {
    const pairs = this.pairs.open(this.start, this.end);
    while (pairs.next()) {
      if (equalsHeaderName(name, pairs.nameStart, pairs.nameEnd)) return true;
    }
    return false;
  }

  /** Sets content-type to JSON, and content-length for a body that will grow by `addedBytes`. */
  describeBody(addedBytes: i32): void {
    if (!this.hasJsonType) {
      const start = changetype<usize>(JSON_TYPE);
      setHeader(HeaderMap.Request, CONTENT_TYPE, start, start + JSON_TYPE.byteLength);
    }
    if (this.contentLength == NO_LENGTH) return;
    const end = writeWhole(this.contentLength + <u64>addedBytes, digits);
    setHeader(HeaderMap.Request, CONTENT_LENGTH, digits, end);
  }
}

function methodBit(start: usize, end: usize): u32 {
  for (let i = 0; i < methods.length; i++) {
    if (equals(unchecked(methods[i]), start, end)) return 1 << i;
  }
  return 0;
}

function hasRemovedPrefix(start: usize, end: usize): bool {
  for (let i = 0; i < prefixes.length; i++) {
    const prefix = unchecked(prefixes[i]);
    const prefixEnd = start + <usize>prefix.byteLength;
    if (prefixEnd <= end && equalsHeaderName(prefix, start, prefixEnd)) return true;
  }
  return false;
}

// The index of the authority that matched last. Most requests have the same as the previous one.
let lastAllowed: i32 = 0;

function isAllowed(authorities: Bytes[], start: usize, end: usize): bool {
  if (lastAllowed < authorities.length) {
    if (equalsIgnoringCase(authorities[lastAllowed], start, end)) return true;
  }
  for (let i = 0; i < authorities.length; i++) {
    if (!equalsIgnoringCase(unchecked(authorities[i]), start, end)) continue;
    lastAllowed = i;
    return true;
  }
  return false;
}

/** For those who wonder about 421. Only the log has it, as it names hosts of others. */
export function logServed(authorities: Bytes[]): void {
  log(LogLevel.Debug, "421: these hosts are served:");
  for (let i = 0; i < authorities.length; i++) logBytes(LogLevel.Debug, unchecked(authorities[i]));
}
