import { isHeaderName, isPrintable } from "../../contract/characters.ts";
import { reservedHeaderPrefix, reservedHeaders } from "../../contract/reserved-headers.ts";
import type { OpenAIConfig } from "../api/generated.ts";
import type { Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import { environmentName } from "../model/provider.ts";
import { foldHeaderName } from "./name-rules.ts";

// No message here may hold the value that it is about.

/** `apiKey` and `auth`: what is sent as a credential, and in which header. */
export function checkCredential(config: Cursor<OpenAIConfig>, report: Report): void {
  checkApiKey(config.at("apiKey"), report);
  checkAuthHeader(config.at("auth", "header"), report);
  checkAuthPrefix(config.at("auth", "prefix"), report);
}

type Text = Cursor<string | undefined>;

function checkApiKey(apiKey: Text, report: Report): void {
  if (apiKey.value === undefined) return;
  // The ends are trimmed: a key from a file or a block scalar ends with a line break.
  const key = apiKey.value.trim();
  if (key === "") {
    const message = "must not be empty; omit it to send no credential";
    report(apiKey.problem("invalid_api_key", message));
  } else if (environmentName(key) !== undefined) {
    return;
  } else if (key.includes("${")) {
    const message =
      "must be exactly ${NAME}; NAME has letters, digits and _ and does not begin with a digit";
    report(apiKey.problem("invalid_api_key", message));
  } else if (!isPrintable(key)) {
    report(apiKey.problem("invalid_api_key", unprintable));
  } else {
    const message =
      "the key is in the resource itself; write ${NAME} and set NAME in the gateway's environment";
    report(apiKey.problem("literal_api_key", message));
  }
}

function checkAuthHeader(header: Text, report: Report): void {
  if (header.value === undefined) return;
  const name = foldHeaderName(header.value);
  if (!isHeaderName(header.value)) {
    const message = "must be a valid header name: letters, digits and any of !#$%&'*+-.^_`|~";
    report(header.problem("invalid_auth_header", message));
  } else if (reservedHeaders.includes(name) || name.startsWith(reservedHeaderPrefix)) {
    const message = `can't carry a credential; neither can ${reservedHeaderPrefix}* and ${reservedHeaders.join(", ")}`;
    report(header.problem("invalid_auth_header", message));
  }
}

function checkAuthPrefix(prefix: Text, report: Report): void {
  if (prefix.value === undefined) return;
  if (!isPrintable(prefix.value)) {
    report(prefix.problem("invalid_auth_prefix", unprintable));
  } else if (prefix.value.includes("${")) {
    const message = "is sent literally: only apiKey can refer to the environment";
    report(prefix.problem("invalid_auth_prefix", message));
  }
}

const unprintable = "must contain only printable ASCII characters";
