import { isHeaderName, isPrintable, isVariableName } from "../../contract/characters.ts";
import { reservedHeaderPrefix, reservedHeaders } from "../../contract/reserved-headers.ts";
import type { ApiKey, OpenAIConfig, SecretRef } from "../api/generated.ts";
import type { Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import { configsOf, environmentName, secretHeadersOf, secretRefsIn } from "../model/provider.ts";
import type { Input } from "./input.ts";
import { foldHeaderName } from "./name-rules.ts";

// No message here may hold the value that it is about.

/** What is sent as a credential, and in which header. */
export function checkCredential(config: Cursor<OpenAIConfig>, report: Report): void {
  checkOneWay(config, report);
  checkApiKey(config.at("apiKey"), report);
  for (const ref of secretRefsIn(config)) checkSecretRef(ref, report);
  for (const key of config.at("apiKeys").items()) checkOneOfKeys(key, report);
  checkAuthHeader(config.at("auth", "header"), report);
  checkAuthPrefix(config.at("auth", "prefix"), report);
}

/** References to Secrets need something that hands the keys out. */
export function checkKeyServer({ providers, hasKeyServer }: Input, report: Report): void {
  if (hasKeyServer) return;
  const message =
    "only `llm-egress controller` and `run --secrets` hand out keys of Secrets; without them, use ${NAME} and set NAME in the gateway's environment";
  const headers = providers.flatMap(secretHeadersOf).map(([, ref]) => ref);
  for (const ref of [...providers.flatMap(configsOf).flatMap(secretRefsIn), ...headers]) {
    report(ref.problem("no_key_server", message, "key"));
  }
}

function checkOneWay(config: Cursor<OpenAIConfig>, report: Report): void {
  const set = (["apiKey", "apiKeySecretRef", "apiKeys"] as const).filter(
    (field) => config.value[field] !== undefined,
  );
  const [first, second] = set;
  if (first === undefined || second === undefined) return;
  report(config.at(second).problem("repeated_api_key", `excludes ${first}`, "key"));
}

/** The name of a Secret, and of an entry in it. */
export function checkSecretRef(
  ref: Cursor<SecretRef>,
  report: Report,
  code: "invalid_api_key" | "invalid_set_header" = "invalid_api_key",
): void {
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(ref.value.name)) {
    report(ref.at("name").problem(code, "must be the name of a Secret"));
  }
  if (!/^[-._a-zA-Z0-9]+$/.test(ref.value.key)) {
    const message = "must be the name of an entry of the Secret, of letters, digits, -, _ and .";
    report(ref.at("key").problem(code, message));
  }
}

function checkOneOfKeys(key: Cursor<ApiKey>, report: Report): void {
  const { env, secretRef } = key.value;
  if ((env === undefined) === (secretRef === undefined)) {
    report(key.problem("invalid_api_key", "must have either env or secretRef"));
  } else if (env !== undefined && !isVariableName(env)) {
    const message = "must be the name of a variable: letters, digits and _, and no digit first";
    report(key.at("env").problem("invalid_api_key", message));
  }
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
