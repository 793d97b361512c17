// Edits the response's headers and trailers. Comes in: the provider's; goes out: the same without cookies, without an alternative address that would lead
// around the gateway, and without any header that carries the credential back. Nothing is kept between calls.

import { Credential } from "../config/credential";
import { answerEnd, answerStart, getHeaders, HeaderMap, removeHeader } from "../host/host";
import { HeaderPairs } from "../host/header-pairs";
import { bytesOf, contains, equals } from "../json/bytes";

const SET_COOKIE = bytesOf("set-cookie");
const ALT_SVC = bytesOf("alt-svc");

const pairs = new HeaderPairs();

/** Edits the current stream's response headers or trailers. */
export function cleanResponse(map: HeaderMap, credential: Credential | null): void {
  if (!getHeaders(map)) return;
  // Most answers echo nothing: one search through all of them says so.
  const key = credential !== null ? credential.key : null;
  const echoes = key !== null && contains(key, answerStart, answerEnd);
  pairs.open(answerStart, answerEnd);
  while (pairs.next()) {
    if (isDropped(pairs) || (echoes && contains(key!, pairs.valueStart, pairs.valueEnd))) {
      removeHeader(map, pairs.nameStart, pairs.nameEnd);
    }
  }
}

function isDropped(pair: HeaderPairs): bool {
  return (
    equals(SET_COOKIE, pair.nameStart, pair.nameEnd) ||
    equals(ALT_SVC, pair.nameStart, pair.nameEnd)
  );
}
