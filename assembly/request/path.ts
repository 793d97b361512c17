// Which endpoint a request is for, and that endpoint's path at the provider. Comes in: :path; goes out: the upstream :path, in which only
// members of the query are the client's. Nothing is kept between calls.

import { ProviderPath } from "../config/config";
import { find, isQueryName, QueryMembers } from "../config/query";
import { Bytes, bytesOf, endsWith } from "../json/bytes";

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

// The first that fits counts: /chat/completions ends with /completions.
const suffixes: Suffix[] = [
  new Suffix(Endpoint.ChatCompletions, bytesOf("/chat/completions")),
  new Suffix(Endpoint.Completions, bytesOf("/completions")),
  new Suffix(Endpoint.Embeddings, bytesOf("/embeddings")),
  new Suffix(Endpoint.Responses, bytesOf("/responses")),
  new Suffix(Endpoint.Images, bytesOf("/images/generations")),
  new Suffix(Endpoint.Models, bytesOf("/models")),
];

// A client's key in the query is as foreign to the provider as one in a header.
const credentialNames: Bytes[] = [
  bytesOf("key"),
  bytesOf("api_key"),
  bytesOf("api-key"),
  bytesOf("access_token"),
];

/** Which endpoint the :path from `start` to `end` is for, by the end of its path. */
export function findEndpoint(start: usize, end: usize): Endpoint {
  const pathEnd = find(0x3f, start, end);
  if (pathEnd - start == 1) return Endpoint.ChatCompletions;
  for (let i = 0; i < suffixes.length; i++) {
    const suffix = unchecked(suffixes[i]);
    if (endsWith(suffix.path, start, pathEnd)) return suffix.endpoint;
  }
  return Endpoint.Unknown;
}

/** The :path at the provider for the client's :path from `start` to `end`; null where the provider has no place for the endpoint. */
export function upstreamPath(
  path: ProviderPath,
  endpoint: Endpoint,
  start: usize,
  end: usize,
): Bytes | null {
  const base = path.base;
  if (endpoint != Endpoint.ChatCompletions && base === null) return null;
  const queryStart = find(0x3f, start, end) + 1;
  const hasOwnQuery = path.query.byteLength != 0;
  if (endpoint == Endpoint.ChatCompletions && queryStart > end && !hasOwnQuery) {
    return path.chatCompletions;
  }
  const suffix = suffixOf(endpoint);
  const longest = path.chatCompletions.byteLength + suffix.byteLength + path.query.byteLength + 2;
  const buffer = new ArrayBuffer(longest + <i32>(end - start));
  let to = changetype<usize>(buffer);
  if (endpoint == Endpoint.ChatCompletions) {
    to = append(path.chatCompletions, to);
  } else {
    to = append(suffix, append(base!, to));
  }
  to = appendQuery(path, queryStart, end, to);
  return buffer.slice(0, <i32>(to - changetype<usize>(buffer)));
}

function suffixOf(endpoint: Endpoint): Bytes {
  for (let i = 0; i < suffixes.length; i++) {
    if (suffixes[i].endpoint == endpoint) return suffixes[i].path;
  }
  return suffixes[0].path;
}

// The provider's own query first, then what is left of the client's.
function appendQuery(path: ProviderPath, start: usize, end: usize, to: usize): usize {
  let separator: u8 = 0x3f;
  if (path.query.byteLength != 0) {
    store<u8>(to, separator);
    to = append(path.query, to + 1);
    separator = 0x26;
  }
  const members = new QueryMembers(start, end);
  while (members.next()) {
    if (isDropped(path, members.start, members.nameEnd)) continue;
    store<u8>(to++, separator);
    memory.copy(to, members.start, members.end - members.start);
    to += members.end - members.start;
    separator = 0x26;
  }
  return to;
}

function isDropped(path: ProviderPath, start: usize, end: usize): bool {
  for (let i = 0; i < credentialNames.length; i++) {
    if (isQueryName(unchecked(credentialNames[i]), start, end)) return true;
  }
  for (let i = 0; i < path.queryNames.length; i++) {
    if (isQueryName(unchecked(path.queryNames[i]), start, end)) return true;
  }
  return false;
}

function append(bytes: Bytes, to: usize): usize {
  memory.copy(to, changetype<usize>(bytes), bytes.byteLength);
  return to + bytes.byteLength;
}
