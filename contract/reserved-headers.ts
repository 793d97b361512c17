// The headers that no credential may use, for the compiler and the CRD. Plain declarations without
// imports. A file of its own, as AssemblyScript compiles every list of a file that it reads.

/**
 * Headers that frame or route the message, or that the filter needs itself; in lower case. No
 * header that begins with `reservedHeaderPrefix` can carry a credential either.
 */
export const reservedHeaders: string[] = [
  "accept-encoding",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

export const reservedHeaderPrefix: string = "x-envoy-";
