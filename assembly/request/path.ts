// Which endpoint a request is for, and that endpoint's path at the provider. Comes in: :path; goes
// out: the upstream :path. What comes from the client in it has matched an endpoint of the provider,
// or is a member of the query. Kept between calls: the memory for it.

import { Bytes, bytesOf, find, startsWith } from "../bytes/bytes";
import { EndpointBody } from "../../contract/endpoints";
import { Char } from "../bytes/chars";
import { Provider, ProviderPath } from "../config/config";
import { Endpoint } from "../config/endpoint";
import { isQueryName, QueryMembers } from "../config/query";

const V1 = bytesOf("/v1");

// A client's credential in the query is removed like one in a header.
const credentialNames: Bytes[] = [
  bytesOf("key"),
  bytesOf("apikey"),
  bytesOf("api_key"),
  bytesOf("token"),
  bytesOf("access_token"),
  bytesOf("oauth_token"),
  bytesOf("subscription_key"),
];

/** After `findEndpoint` returned null: the methods of the endpoints that the path is for. */
export let allowedMethods: u32 = 0;

// After `findEndpoint`: the part of the client's path that comes after the base.
let tailStart: usize = 0;
let tailEnd: usize = 0;

/**
 * The provider's endpoint that the :path from `start` to `end` is for, and that has the method with
 * the bit `method`; null if there is none. What comes before the endpoint says what is called, such
 * as a deployment or another API: it is nothing, /v1, or what the provider has there itself.
 */
export function findEndpoint(
  provider: Provider,
  method: u32,
  start: usize,
  end: usize,
): Endpoint | null {
  const endpoints = provider.endpoints;
  const base = provider.path.base;
  const pathEnd = find(Char.Question, start, end);
  readBases(base, start, pathEnd);
  allowedMethods = 0;
  for (let i = 0; i < endpoints.length; i++) {
    const endpoint = unchecked(endpoints[i]);
    if (!isPathOf(endpoint, base !== null, start, pathEnd)) continue;
    if ((endpoint.methods & method) != 0) return endpoint;
    allowedMethods |= endpoint.methods;
  }
  return null;
}

// Where the client's path goes on after the provider's base, and after /v1; 0 if it does not begin so.
let afterBase: usize = 0;
let afterV1: usize = 0;

function readBases(base: Bytes | null, start: usize, end: usize): void {
  const isBased = base !== null && startsWith(base, start, end);
  afterBase = isBased ? start + <usize>base!.byteLength : 0;
  afterV1 = startsWith(V1, start, end) ? start + V1.byteLength : 0;
}

// Whether the path from `start` to `end`, whose bases have been read, is the endpoint's.
function isPathOf(endpoint: Endpoint, hasBase: bool, start: usize, end: usize): bool {
  if (endpoint.body == EndpointBody.Own) return endpoint.matches(start, end);
  if (end - start == 1) return endpoint.isChat;
  if (!hasBase && !endpoint.isChat) return false;
  tailEnd = end - (load<u8>(end - 1) == Char.Slash ? 1 : 0);
  return isTail(endpoint, afterBase) || isTail(endpoint, afterV1) || isTail(endpoint, start);
}

function isTail(endpoint: Endpoint, start: usize): bool {
  tailStart = start;
  return start != 0 && start < tailEnd && endpoint.matches(start, tailEnd);
}

/** The upstream :path, after `writeUpstreamPath` returned true, until the next call. */
export let upstreamPathStart: usize = 0;
export let upstreamPathEnd: usize = 0;

// Reused for every path, as a client may send 60 KB with each request.
let buffer: Bytes = new ArrayBuffer(1024);
const members = new QueryMembers();

/**
 * Writes the provider's :path for the client's from `start` to `end`, which `findEndpoint` has found
 * to be for `endpoint`.
 */
export function writeUpstreamPath(
  path: ProviderPath,
  endpoint: Endpoint,
  start: usize,
  end: usize,
): void {
  const needed = path.chatCompletions.byteLength + path.query.byteLength + 2 + <i32>(end - start);
  if (buffer.byteLength < needed) buffer = new ArrayBuffer(needed);
  upstreamPathStart = changetype<usize>(buffer);
  const questionMark = find(Char.Question, start, end);
  let to = upstreamPathStart;
  if (endpoint.isChat) {
    to = append(path.chatCompletions, to);
  } else if (endpoint.body == EndpointBody.Own) {
    to = copy(start, questionMark, to);
  } else {
    to = copy(tailStart, tailEnd, append(path.base!, to));
  }
  upstreamPathEnd = appendQuery(path, questionMark + 1, end, to);
}

// The provider's own query comes first, then what is left of the client's.
function appendQuery(path: ProviderPath, start: usize, end: usize, to: usize): usize {
  let separator: u8 = Char.Question;
  if (path.query.byteLength != 0) {
    store<u8>(to, separator);
    to = append(path.query, to + 1);
    separator = Char.Ampersand;
  }
  members.open(start, end);
  while (members.next()) {
    if (isDropped(path, members.start, members.end)) continue;
    store<u8>(to++, separator);
    to = copy(members.start, members.end, to);
    separator = Char.Ampersand;
  }
  return to;
}

// Some servers treat a semicolon like an ampersand: a member is dropped if any part between
// semicolons must be.
function isDropped(path: ProviderPath, start: usize, end: usize): bool {
  for (let at = start; at < end;) {
    const partEnd = find(Char.Semicolon, at, end);
    const nameEnd = find(Char.Equals, at, partEnd);
    if (isAnyOf(credentialNames, at, nameEnd) || isAnyOf(path.queryNames, at, nameEnd)) return true;
    at = partEnd + 1;
  }
  return false;
}

function isAnyOf(names: Bytes[], start: usize, end: usize): bool {
  for (let i = 0; i < names.length; i++) {
    if (isQueryName(unchecked(names[i]), start, end)) return true;
  }
  return false;
}

function append(bytes: Bytes, to: usize): usize {
  const start = changetype<usize>(bytes);
  return copy(start, start + bytes.byteLength, to);
}

function copy(start: usize, end: usize, to: usize): usize {
  memory.copy(to, start, end - start);
  return to + (end - start);
}
