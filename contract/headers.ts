// The request headers that the filter removes or sets, in one list for both compilers: the filter
// acts on it, and the compiler refuses a route that matches on any of them. Plain declarations
// without imports, so that AssemblyScript and TypeScript both read it.

/**
 * Removed from every request: the client's credentials, what steers Envoy, and what would tell a
 * provider about the mesh.
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

/** Removed like `removedHeaders`: every header whose name begins so. */
export const removedHeaderPrefix: string = "x-envoy-";

/** Set by the filter where it edits a request, beside the provider's own `auth.header`. */
export const setHeaders: string[] = [":path", "content-length", "content-type"];
