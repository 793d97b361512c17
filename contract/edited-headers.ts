// The request headers that the filter edits. The compiler refuses a route that matches on any of
// them. Plain declarations without imports, read by both compilers. All names are in lower case,
// with `-` for every character that is not a letter or a digit, as some servers that follow CGI don't
// distinguish them.

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
  "ocp-apim-subscription-key",
  "x-auth-token",
  "apikey",
  "x-amz-security-token",
  "x-goog-iap-jwt-assertion",
  "x-goog-user-project",
  "x-hf-bill-to",
  "x-dashscope-workspace",
  "cookie",
  "x-forwarded-client-cert",
  "x-forwarded-for",
  "x-forwarded-host",
  "forwarded",
  "x-real-ip",
  "x-http-method-override",
  "x-http-method",
  "x-method-override",
  "x-original-url",
  "x-rewrite-url",
  // The answer stays uncompressed, so that its token usage can be read as it passes.
  "accept-encoding",
];

/**
 * Removed as well: every header with a name that begins with one of these. Beside Envoy's own, they
 * steer relays of LLM requests, or carry a key for them.
 */
export const removedHeaderPrefixes: string[] = ["x-envoy-", "x-portkey-", "helicone-", "cf-aig-"];

/** Set by the filter in a request that it edits, in addition to the provider's `auth.header`. */
export const setHeaders: string[] = [":path", "content-length", "content-type"];
