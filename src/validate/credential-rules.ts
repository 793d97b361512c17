import { isHeaderName } from "./header-name.ts";
import type { ConfigContext } from "./config-context.ts";

// No message here may hold the value that it is about.

/** `apiKey` and `auth`: what is sent as a credential, and in which header. */
export function checkCredential(context: ConfigContext): void {
  checkApiKey(context);
  checkAuthHeader(context);
  checkAuthPrefix(context);
}

function checkApiKey({ config, fault }: ConfigContext): void {
  if (config.apiKey === undefined) return;
  // The ends are trimmed: a key from a file or a block scalar ends with a line break.
  const key = config.apiKey.trim();
  if (key === "") {
    fault("invalid_api_key", ["apiKey"], "must not be empty; leave it out to send no credential");
  } else if (/^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/.test(key)) {
    return;
  } else if (key.includes("${")) {
    const message =
      "must be ${NAME} as a whole, with a name of letters, digits and _ that begins with no digit";
    fault("invalid_api_key", ["apiKey"], message);
  } else if (hasControlCharacter(key)) {
    fault("invalid_api_key", ["apiKey"], "must not hold a control character");
  } else {
    const message =
      "the key stands in the resource; write ${NAME} and set NAME in the gateway's environment";
    fault("literal_api_key", ["apiKey"], message);
  }
}

/** Headers that frame or route the message, or that the filter needs for itself. The CRD has the same list. */
export const reservedHeaders = [
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

function checkAuthHeader({ config, fault }: ConfigContext): void {
  const header = config.auth?.header;
  if (header === undefined) return;
  const name = header.toLowerCase();
  if (!isHeaderName(name)) {
    const message = "must be a header's name: letters, digits and any of !#$%&'*+-.^_`|~";
    fault("invalid_auth_header", ["auth", "header"], message);
  } else if (reservedHeaders.includes(name) || name.startsWith("x-envoy-")) {
    const message = `can't carry a credential; any header can but x-envoy-* and ${reservedHeaders.join(", ")}`;
    fault("invalid_auth_header", ["auth", "header"], message);
  }
}

function checkAuthPrefix({ config, fault }: ConfigContext): void {
  const prefix = config.auth?.prefix;
  if (prefix === undefined) return;
  if (hasControlCharacter(prefix)) {
    fault("invalid_auth_prefix", ["auth", "prefix"], "must not hold a control character");
  } else if (prefix.includes("${")) {
    const message = "is sent as it is: only apiKey is read from the environment";
    fault("invalid_auth_prefix", ["auth", "prefix"], message);
  }
}

function hasControlCharacter(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return /[\0-\x1f\x7f]/.test(text);
}
