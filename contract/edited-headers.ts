// The request headers that the filter edits: it acts on these lists, and the compiler refuses a route
// that matches on any of them. Plain declarations without imports, read by both compilers. All names
// are in lower case, with `-` where a header name may have `_` as well: servers that follow CGI take
// them for the same.

/**
 * Removed from every request: the client's credentials, what controls Envoy, and what tells a provider
 * about the mesh.
 */
export const removedHeaders: string[] = [
  "authorization",
  "proxy-authorization",
  "api-key",
  "x-api-key",
  "x-goog-api-key",
  "openai-organization",
  "openai-project",
  "cookie",
  "x-forwarded-client-cert",
  "x-forwarded-for",
  "x-forwarded-host",
  "forwarded",
  "x-real-ip",
  "x-http-method-override",
  // The answer stays uncompressed, so that its token usage can be read as it passes.
  "accept-encoding",
];

/** Removed as well: every header with a name that begins so. */
export const removedHeaderPrefix: string = "x-envoy-";

/** Set by the filter in a request that it edits, beside the provider's own `auth.header`. */
export const setHeaders: string[] = [":path", "content-length", "content-type"];
