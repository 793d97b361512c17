// The request headers that the filter edits. The compiler refuses a route that matches on any of
// them. Plain declarations without imports, read by both compilers. All names are in lower case,
// with `-` for `_` as well, as servers that follow CGI don't distinguish the two.

/**
 * Removed from every request: the client's credentials, what controls Envoy, and what a provider
 * could learn about the mesh.
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

/** Removed as well: every header with a name that begins with this. */
export const removedHeaderPrefix: string = "x-envoy-";

/** Set by the filter in a request that it edits, in addition to the provider's `auth.header`. */
export const setHeaders: string[] = [":path", "content-length", "content-type"];
