// Every local reply of the filter. Comes in: a code; goes out: a status and an OpenAI error object,
// sent to the client. Nothing is kept between calls.

import { detailsPrefix, ErrorCode, filterErrors } from "../contract/errors";
import { endpointMethods } from "../contract/endpoints";
import { Bytes, bytesOf, decimal } from "./bytes/bytes";
import { serialisePairs } from "./host/header-pairs";
import { log, LogLevel, sendLocalResponse } from "./host/host";

const jsonHeaders = serialisePairs(["content-type", "application/json"]);

/** In place of an ErrorCode: there is nothing to refuse the request for. */
export const NO_FAULT: i32 = -1;

/** What clients and metrics call a code. */
export function codeName(code: ErrorCode): string {
  return filterErrors[code].code;
}

/** The HTTP status of a code. */
export function statusOf(code: ErrorCode): u32 {
  return <u32>filterErrors[code].status;
}

/** Sends the local reply. `param` names the member of the body that is at fault; "" if none is. */
export function refuse(code: ErrorCode, param: string = ""): void {
  send(code, param, jsonHeaders);
}

/** Replies 405, with the methods that the endpoint accepts: a bit for each. */
export function refuseMethod(methods: u32): void {
  let allowed = "";
  for (let i = 0; i < endpointMethods.length; i++) {
    if ((methods & (1 << i)) == 0) continue;
    allowed += (allowed.length == 0 ? "" : ", ") + endpointMethods[i];
  }
  const headers = serialisePairs(["content-type", "application/json", "allow", allowed]);
  send(ErrorCode.MethodNotAllowed, "", headers);
}

/** Replies 429, after which the client may try again in `seconds`. */
export function refuseForNow(code: ErrorCode, seconds: u64): void {
  send(
    code,
    "",
    serialisePairs(["content-type", "application/json", "retry-after", decimal(seconds)]),
  );
}

/** Replies 200 with a JSON text of the configuration. */
export function answerWith(json: Bytes): void {
  sendOut(OK, bytesOf(detailsPrefix + "configured"), json, jsonHeaders);
}

const OK: u32 = 200;

function send(code: ErrorCode, param: string, headers: Bytes): void {
  const error = filterErrors[code];
  let type = error.status < 500 ? "invalid_request_error" : "server_error";
  if (code == ErrorCode.KeysExhausted) type = "rate_limit_error";
  const value = param.length == 0 ? "null" : '"' + param + '"';
  const start = '{"error":{"message":"' + error.message + '","type":"' + type + '","param":';
  const body = bytesOf(start + value + ',"code":"' + error.code + '"}}');
  const details = bytesOf(detailsPrefix + error.code);
  sendOut(statusOf(code), details, body, headers);
}

function sendOut(status: u32, details: Bytes, body: Bytes, headers: Bytes): void {
  if (!sendLocalResponse(status, details, body, headers)) {
    log(LogLevel.Error, "the host refused a local reply");
  }
}
