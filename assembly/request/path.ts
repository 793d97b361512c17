// Which endpoint a request is for, and that endpoint's path at the provider. Comes in: :path; goes
// out: the upstream :path, of which only members of the query come from the client. Kept between
// calls: the memory for it.

import { Bytes, bytesOf, endsWith, equals, find } from "../bytes/bytes";
import { Char } from "../bytes/chars";
import { ProviderPath } from "../config/config";
import { isQueryName, QueryMembers } from "../config/query";

export const enum Endpoint {
  Unknown,
  ChatCompletions,
  Completions,
  Embeddings,
  Responses,
  Images,
  Models,
}

class Suffix {
  constructor(
    public endpoint: Endpoint,
    public path: Bytes,
  ) {}
}

// The first match counts: /chat/completions ends with /completions.
const suffixes: Suffix[] = [
  new Suffix(Endpoint.ChatCompletions, bytesOf("/chat/completions")),
  new Suffix(Endpoint.Completions, bytesOf("/completions")),
  new Suffix(Endpoint.Embeddings, bytesOf("/embeddings")),
  new Suffix(Endpoint.Responses, bytesOf("/responses")),
  new Suffix(Endpoint.Images, bytesOf("/images/generations")),
  new Suffix(Endpoint.Models, bytesOf("/models")),
];

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

/**
 * Which endpoint the :path from `start` to `end` is for, by the end of its path. Only
 * `writeUpstreamPath` judges what comes before it.
 */
export function findEndpoint(start: usize, end: usize): Endpoint {
  const pathEnd = find(Char.Question, start, end);
  if (pathEnd - start == 1) return Endpoint.ChatCompletions;
  for (let i = 0; i < suffixes.length; i++) {
    const suffix = unchecked(suffixes[i]);
    if (endsWith(suffix.path, start, pathEnd)) return suffix.endpoint;
  }
  return Endpoint.Unknown;
}

/** The upstream :path, after `writeUpstreamPath` returned true, until the next call. */
export let upstreamPathStart: usize = 0;
export let upstreamPathEnd: usize = 0;

// Reused for every path, as a client may send 60 KB with each request.
let buffer: Bytes = new ArrayBuffer(1024);
const members = new QueryMembers();

/**
 * Writes the provider's :path for the client's from `start` to `end`. False if the provider has no
 * path for the endpoint, or if the client's path has something else before the endpoint.
 */
export function writeUpstreamPath(
  path: ProviderPath,
  endpoint: Endpoint,
  start: usize,
  end: usize,
): bool {
  const base = path.base;
  if (endpoint != Endpoint.ChatCompletions && base === null) return false;
  const suffix = suffixOf(endpoint);
  const questionMark = find(Char.Question, start, end);
  if (questionMark - start > 1) {
    const suffixStart = questionMark - <usize>suffix.byteLength;
    if (!isKnownBase(base, start, suffixStart)) return false;
  }
  const longest = path.chatCompletions.byteLength + suffix.byteLength + path.query.byteLength + 2;
  const needed = longest + <i32>(end - start);
  if (buffer.byteLength < needed) buffer = new ArrayBuffer(needed);
  upstreamPathStart = changetype<usize>(buffer);
  const pathEnd =
    endpoint == Endpoint.ChatCompletions
      ? append(path.chatCompletions, upstreamPathStart)
      : append(suffix, append(base!, upstreamPathStart));
  upstreamPathEnd = appendQuery(path, questionMark + 1, end, pathEnd);
  return true;
}

// What comes before the endpoint says what is called, such as a deployment or another API: it is
// nothing, /v1, or what the provider has there itself.
function isKnownBase(base: Bytes | null, start: usize, end: usize): bool {
  if (start == end || equals(V1, start, end)) return true;
  return base !== null && equals(base, start, end);
}

function suffixOf(endpoint: Endpoint): Bytes {
  for (let i = 0; i < suffixes.length; i++) {
    if (suffixes[i].endpoint == endpoint) return suffixes[i].path;
  }
  return suffixes[0].path;
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
    memory.copy(to, members.start, members.end - members.start);
    to += members.end - members.start;
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
  memory.copy(to, changetype<usize>(bytes), bytes.byteLength);
  return to + bytes.byteLength;
}
