// Every answer that the filter gives itself. Comes in: a code; goes out: a status and an OpenAI error object, sent. Nothing is kept.

import { detailsPrefix, ErrorCode, filterErrors } from "../contract/errors";
import { LogLevel, log, sendLocalResponse } from "./host/host";
import { Bytes, bytesOf } from "./json/bytes";

const jsonHeaders = pairs(["content-type", "application/json"]);
const postHeaders = pairs(["content-type", "application/json", "allow", "POST"]);
const getHeaders = pairs(["content-type", "application/json", "allow", "GET"]);

/** What clients and metrics call a code. */
export function codeName(code: ErrorCode): string {
  return filterErrors[code].code;
}

/** The status that a code answers with. */
export function statusOf(code: ErrorCode): u32 {
  return <u32>filterErrors[code].status;
}

/** Answers the request. `param` names the member of the body that is at fault; "" where it is none. */
export function refuse(code: ErrorCode, param: string = ""): void {
  send(code, param, jsonHeaders);
}

/** Answers 405 and says which method the endpoint has. */
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

// Headers in proxy-wasm's serialised form: a count, each name's and value's size, then each with a NUL behind it.
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
