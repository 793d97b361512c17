// Every local reply of the filter. Comes in: a code; goes out: a status and an OpenAI error object,
// sent to the client. Nothing is kept between calls.

import { detailsPrefix, ErrorCode, filterErrors } from "../contract/errors";
import { Bytes, bytesOf } from "./bytes/bytes";
import { serialisePairs } from "./host/header-pairs";
import { log, LogLevel, sendLocalResponse } from "./host/host";

const jsonHeaders = serialisePairs(["content-type", "application/json"]);
const postHeaders = serialisePairs(["content-type", "application/json", "allow", "POST"]);
const getHeaders = serialisePairs(["content-type", "application/json", "allow", "GET"]);

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

/** Replies 405, with the method that the endpoint accepts. */
export function refuseMethod(hasPost: bool): void {
  send(ErrorCode.MethodNotAllowed, "", hasPost ? postHeaders : getHeaders);
}

function send(code: ErrorCode, param: string, headers: Bytes): void {
  const error = filterErrors[code];
  const type = error.status < 500 ? "invalid_request_error" : "server_error";
  const value = param.length == 0 ? "null" : '"' + param + '"';
  const start = '{"error":{"message":"' + error.message + '","type":"' + type + '","param":';
  const body = bytesOf(start + value + ',"code":"' + error.code + '"}}');
  const details = bytesOf(detailsPrefix + error.code);
  if (!sendLocalResponse(statusOf(code), details, body, headers)) {
    log(LogLevel.Error, "the host refused a local reply");
  }
}
