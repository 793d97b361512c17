// Who made a request: the identity in the caller's mesh certificate, which mutual TLS has proved.
// Kept between calls: the callers so far, at most as many as the configuration allows, and the last
// one.

import { Bytes, bytesOf, equals } from "../bytes/bytes";
import { getProperty, resultEnd, resultStart } from "../host/host";
import { Label, labelOf, OTHER_LABEL, UNKNOWN_LABEL } from "../labels";

const uriProperty = bytesOf("connection\0uri_san_peer_certificate");

const sources = new Map<string, Label>();
let lastUri: Bytes = new ArrayBuffer(0);
let lastSource: Label = UNKNOWN_LABEL;

/**
 * The current stream's caller as `namespace/serviceaccount`; `unknown` without a certificate,
 * `other` for more callers than `cap`.
 */
export function readSource(cap: i32): Label {
  if (!getProperty(uriProperty) || resultStart == resultEnd) return UNKNOWN_LABEL;
  // Most requests have the same caller as the previous one.
  if (equals(lastUri, resultStart, resultEnd)) return lastSource;
  const uri = String.UTF8.decodeUnsafe(resultStart, resultEnd - resultStart);
  if (!sources.has(uri)) {
    if (sources.size >= cap) return OTHER_LABEL;
    sources.set(uri, labelOf(callerOf(uri)));
  }
  lastSource = sources.get(uri);
  lastUri = bytesOf(uri);
  return lastSource;
}

// spiffe://TRUST-DOMAIN/ns/NAMESPACE/sa/SERVICEACCOUNT; any other URI is used whole.
function callerOf(uri: string): string {
  const parts = uri.split("/");
  const isMeshIdentity =
    parts.length == 7 && parts[0] == "spiffe:" && parts[3] == "ns" && parts[5] == "sa";
  return isMeshIdentity ? parts[4] + "/" + parts[6] : uri;
}
