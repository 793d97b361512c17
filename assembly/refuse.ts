// Every local reply of the filter. Comes in: a code; goes out: a status and an OpenAI error object,
// sent to the client. Nothing is kept between calls.

import { Bytes, bytesOf } from "./bytes/bytes";
import { log, LogLevel, sendLocalResponse } from "./host/host";

/** Why a request is refused. Names, statuses and meanings: docs/errors.md. */
export const enum Code {
  InvalidJson,
  JsonTooDeep,
  MissingBody,
  DuplicateMember,
  InvalidParameter,
  ModelNotAllowed,
  UnknownEndpoint,
  MethodNotAllowed,
  RequestTooLarge,
  UnsupportedContentEncoding,
  MisdirectedRequest,
  ProviderMisconfigured,
}

class Refusal {
  details: Bytes;
  /** The error object before and after the value of `param`. */
  head: string;
  tail: string;

  constructor(
    public status: u32,
    public code: string,
    message: string,
  ) {
    const type = status < 500 ? "invalid_request_error" : "server_error";
    this.details = bytesOf("llm_egress_" + code);
    this.head = '{"error":{"message":"' + message + '","type":"' + type + '","param":';
    this.tail = ',"code":"' + code + '"}}';
  }
}

// In the order of Code.
const refusals: Refusal[] = [
  new Refusal(400, "invalid_json", "The request body is not a valid JSON object."),
  new Refusal(400, "json_too_deep", "The request body is nested too deeply."),
  new Refusal(400, "missing_body", "The request has no body; a JSON object is required."),
  new Refusal(400, "duplicate_member", "The request body has this member twice."),
  new Refusal(400, "invalid_parameter", "This parameter has a value that is not accepted."),
  new Refusal(403, "model_not_allowed", "This model is not available here."),
  new Refusal(404, "unknown_endpoint", "There is no such endpoint."),
  new Refusal(405, "method_not_allowed", "This method is not allowed at this endpoint."),
  new Refusal(413, "request_too_large", "The request body is too large."),
  new Refusal(415, "unsupported_content_encoding", "A compressed request body is not accepted."),
  new Refusal(421, "misdirected_request", "This host is not served here under that name."),
  new Refusal(
    503,
    "provider_misconfigured",
    "This provider is not available: see the gateway's log.",
  ),
];

const jsonHeaders = pairs(["content-type", "application/json"]);
const postHeaders = pairs(["content-type", "application/json", "allow", "POST"]);
const getHeaders = pairs(["content-type", "application/json", "allow", "GET"]);

/** In place of a Code: there is nothing to refuse the request for. */
export const NO_FAULT: i32 = -1;

/** What clients and metrics call a code. */
export function codeName(code: Code): string {
  return refusals[code].code;
}

/** The HTTP status of a code. */
export function statusOf(code: Code): u32 {
  return refusals[code].status;
}

/** Sends the local reply. `param` names the member of the body that is at fault; "" if none is. */
export function refuse(code: Code, param: string = ""): void {
  send(code, param, jsonHeaders);
}

/** Replies 405, with the method that the endpoint accepts. */
export function refuseMethod(hasPost: bool): void {
  send(Code.MethodNotAllowed, "", hasPost ? postHeaders : getHeaders);
}

function send(code: Code, param: string, headers: Bytes): void {
  const refusal = refusals[code];
  const body = refusal.head + (param.length == 0 ? "null" : '"' + param + '"') + refusal.tail;
  if (!sendLocalResponse(refusal.status, refusal.details, bytesOf(body), headers)) {
    log(LogLevel.Error, "the host rejected a local reply");
  }
}

// Headers in proxy-wasm's serialised form: a count, each name's and value's size, then each of them
// with a NUL after it.
function pairs(texts: string[]): Bytes {
  const count = texts.length / 2;
  let size = 4 + count * 8;
  for (let i = 0; i < texts.length; i++) size += texts[i].length + 1;
  const bytes = new ArrayBuffer(size);
  const start = changetype<usize>(bytes);
  store<u32>(start, count);
  let at = start + 4 + count * 8;
  for (let i = 0; i < texts.length; i++) {
    const text = bytesOf(texts[i]);
    store<u32>(start + 4 + i * 4, text.byteLength);
    memory.copy(at, changetype<usize>(text), text.byteLength);
    at += text.byteLength + 1;
  }
  return bytes;
}
