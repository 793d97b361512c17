// What Envoy answers by itself, in the form of OpenAI's errors: for Envoy's bootstrap, and for
// Istio's EnvoyFilter.
import { detailsPrefix, filterErrors } from "../../contract/errors.ts";

interface LocalReply {
  status: number | "any 5xx" | "any 4xx";
  code: string;
  message: string;
}

/** In their order: the first that matches is used. docs/errors.md explains each. */
export const localReplies: LocalReply[] = [
  { status: 400, code: "bad_request", message: "The request is not valid HTTP." },
  { status: 401, code: "unauthorized", message: "The gateway requires valid credentials." },
  { status: 403, code: "forbidden", message: "The gateway does not allow this request." },
  { status: 404, code: "route_not_found", message: "No route matches the request." },
  { status: 408, code: "request_timeout", message: "The request did not arrive in time." },
  // The filter's own.
  ...filterErrors.filter(({ status }) => status === 413),
  { status: 426, code: "upgrade_required", message: "The gateway requires HTTP/1.1 or HTTP/2." },
  { status: 429, code: "rate_limit_exceeded", message: "The gateway's rate limit is exceeded." },
  { status: 431, code: "headers_too_large", message: "The request headers are too large." },
  { status: "any 4xx", code: "bad_request", message: "The gateway can't serve the request." },
  { status: 502, code: "bad_provider_answer", message: "The provider's answer is not valid HTTP." },
  { status: 503, code: "provider_unavailable", message: "The provider can't be reached." },
  { status: 504, code: "provider_timeout", message: "The provider did not answer in time." },
  { status: "any 5xx", code: "gateway_error", message: "The gateway failed." },
];

/**
 * The `local_reply_config` of an HTTP connection manager. Each body is a fixed text: what a client
 * or a provider sent can't get into it. What others answer in Envoy's place stays as it is.
 */
export function localReplyConfig(): object {
  return {
    mappers: [...othersReplies.map((filter) => ({ filter })), ...localReplies.map(toMapper)],
  };
}

/**
 * The filter's own errors, which are OpenAI's; bodies that a person has configured; and gRPC, which
 * would get the body as its message. A mapper without a body ends the search.
 */
const othersReplies = [
  detailsBegin(detailsPrefix),
  detailsBegin("direct_response"),
  detailsBegin("ext_authz"),
  {
    header_filter: {
      header: { name: "content-type", string_match: { prefix: "application/grpc" } },
    },
  },
];

function detailsBegin(prefix: string): object {
  return {
    extension_filter: {
      name: "envoy.access_loggers.extension_filters.cel",
      typed_config: {
        "@type":
          "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
        expression: `response.code_details.startsWith('${prefix}')`,
      },
    },
  };
}

function toMapper({ status, code, message }: LocalReply): object {
  const type = isServerError(status) ? "server_error" : "invalid_request_error";
  const body = JSON.stringify({ error: { message, type, param: null, code } });
  return {
    filter: statusFilter(status),
    body_format_override: {
      text_format_source: { inline_string: body },
      content_type: "application/json",
    },
  };
}

function isServerError(status: LocalReply["status"]): boolean {
  return status === "any 5xx" || (status !== "any 4xx" && status >= 500);
}

function statusFilter(status: LocalReply["status"]): object {
  if (status === "any 5xx") return compared("GE", 500);
  if (status === "any 4xx") {
    return { and_filter: { filters: [compared("GE", 400), compared("LE", 499)] } };
  }
  return compared("EQ", status);
}

function compared(op: "EQ" | "GE" | "LE", status: number): object {
  const comparison = { op, value: { default_value: status, runtime_key: "llm_egress.none" } };
  return { status_code_filter: { comparison } };
}
