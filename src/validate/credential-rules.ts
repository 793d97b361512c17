import { isHeaderName, isPrintable, isVariableName } from "../../contract/characters.ts";
import { removedHeaderPrefix } from "../../contract/edited-headers.ts";
import { reservedHeaders } from "../../contract/reserved-headers.ts";
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
  } else if (key.startsWith("${") && key.endsWith("}") && isVariableName(key.slice(2, -1))) {
    return;
  } else if (key.includes("${")) {
    const message =
      "must be ${NAME} as a whole, with a name of letters, digits and _ that begins with no digit";
    fault("invalid_api_key", ["apiKey"], message);
  } else if (!isPrintable(key)) {
    fault("invalid_api_key", ["apiKey"], unprintable);
  } else {
    const message =
      "the key stands in the resource; write ${NAME} and set NAME in the gateway's environment";
    fault("literal_api_key", ["apiKey"], message);
  }
}

function checkAuthHeader({ config, fault }: ConfigContext): void {
  const header = config.auth?.header;
  if (header === undefined) return;
  const name = header.toLowerCase().replaceAll("_", "-");
  if (!isHeaderName(header)) {
    const message = "must be a valid header name: letters, digits and any of !#$%&'*+-.^_`|~";
    fault("invalid_auth_header", ["auth", "header"], message);
  } else if (reservedHeaders.includes(name) || name.startsWith(removedHeaderPrefix)) {
    const message = `can't carry a credential; any header can but ${removedHeaderPrefix}* and ${reservedHeaders.join(", ")}`;
    fault("invalid_auth_header", ["auth", "header"], message);
  }
}

function checkAuthPrefix({ config, fault }: ConfigContext): void {
  const prefix = config.auth?.prefix;
  if (prefix === undefined) return;
  if (!isPrintable(prefix)) {
    fault("invalid_auth_prefix", ["auth", "prefix"], unprintable);
  } else if (prefix.includes("${")) {
    const message = "is sent as it is: only apiKey is read from the environment";
    fault("invalid_auth_prefix", ["auth", "prefix"], message);
  }
}

const unprintable = "must have printable ASCII characters only";
