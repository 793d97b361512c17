// Every call to the host. None throws: each returns what the host gave, or that it gave nothing.
// Kept between calls: where the host's last result is, which the next call that returns bytes
// overwrites.

import * as sdk from "@solo-io/proxy-runtime/assembly/imports";
import { Bytes, bytesOf, parseWhole } from "../bytes/bytes";
import { serialisePairs } from "./header-pairs";
import { environ_get, environ_sizes_get, proxy_set_buffer_bytes } from "./abi";
import { endLoan, lendArea } from "./memory";

export {
  Context,
  FilterDataStatusValues as DataStatus,
  FilterHeadersStatusValues as HeadersStatus,
  FilterTrailersStatusValues as TrailersStatus,
  registerRootContext,
  RootContext,
} from "@solo-io/proxy-runtime/assembly";

/** Values are proxy-wasm's. */
export const enum HeaderMap {
  Request = 0,
  RequestTrailers = 1,
  Response = 2,
  ResponseTrailers = 3,
  CallResponse = 6,
}

/** Values are proxy-wasm's. */
export const enum LogLevel {
  Debug = 1,
  Warn = 3,
  Error = 4,
}

/** Values are proxy-wasm's. */
export const enum MetricKind {
  Counter = 0,
  Histogram = 2,
}

const OK: u32 = 0;
const REQUEST_BODY: u32 = 0;
const RESPONSE_BODY: u32 = 1;
const CALL_RESPONSE_BODY: u32 = 4;
const PLUGIN_CONFIGURATION: u32 = 7;
const REQUEST_STREAM: u32 = 0;
const STATUS = bytesOf(":status");
const NOT_GRPC: u32 = 0xffffffff;

// Where the host writes pointers and sizes.
const out = memory.data(16, 8);
// Of the value that getShared has read last; 0 if there was none.
let sharedVersion: u32 = 0;

/** Where the host's last result is, after a call that returned true. */
export let resultStart: usize = 0;
export let resultEnd: usize = 0;

function takeResult(status: u32): bool {
  endLoan();
  if (status != OK) return false;
  resultStart = load<usize>(out);
  resultEnd = resultStart + load<usize>(out, 4);
  return true;
}

function lendOut(): void {
  store<u64>(out, 0);
  lendArea();
}

/**
 * Writes a log line. Never pass it a header's value, a body, or configuration, except the names of hosts
 * and resources.
 */
export function log(level: LogLevel, message: string): void {
  logBytes(level, bytesOf("llm-egress: " + message));
}

/** Writes a line that is bytes already, such as a host of the configuration. */
export function logBytes(level: LogLevel, text: Bytes): void {
  sdk.proxy_log(level, changetype<usize>(text), text.byteLength);
}

/** Reads a property; the parts of `path` are separated by NUL. False if there is none. */
export function getProperty(path: Bytes): bool {
  lendOut();
  return takeResult(sdk.proxy_get_property(changetype<usize>(path), path.byteLength, out, out + 4));
}

function getBuffer(kind: u32, bytes: u32): bool {
  lendOut();
  return takeResult(sdk.proxy_get_buffer_bytes(kind, 0, bytes, out, out + 4));
}

/** Reads the plugin configuration. */
export function getPluginConfiguration(bytes: u32): bool {
  return getBuffer(PLUGIN_CONFIGURATION, bytes);
}

/** Reads the request body's current chunk. */
export function getRequestBody(bytes: u32): bool {
  return getBuffer(REQUEST_BODY, bytes);
}

/** Replaces the request body's current chunk of `bytes` with the bytes from `start` to `end`. */
export function replaceRequestBody(bytes: u32, start: usize, end: usize): bool {
  return proxy_set_buffer_bytes(REQUEST_BODY, 0, bytes, start, end - start) == OK;
}

/** Reads the response body's current chunk. */
export function getResponseBody(bytes: u32): bool {
  return getBuffer(RESPONSE_BODY, bytes);
}

/** Replaces the response body's current chunk of `bytes` with the bytes from `start` to `end`. */
export function replaceResponseBody(bytes: u32, start: usize, end: usize): void {
  proxy_set_buffer_bytes(RESPONSE_BODY, 0, bytes, start, end - start);
}

/** Inserts the bytes from `start` to `end` before the response body's current chunk. */
export function prependResponseBody(start: usize, end: usize): void {
  proxy_set_buffer_bytes(RESPONSE_BODY, 0, 0, start, end - start);
}

/**
 * Sets a property of the stream: the filter state `wasm.NAME`. Its value is the bytes from `start`
 * to `end`.
 */
export function setProperty(name: Bytes, start: usize, end: usize): void {
  sdk.proxy_set_property(changetype<usize>(name), name.byteLength, start, end - start);
}

/** Reads a value that all workers of this Envoy share, and other plugins can read. */
export function getShared(name: Bytes): bool {
  lendOut();
  store<u32>(out, 0, 8);
  const start = changetype<usize>(name);
  const isFound = takeResult(
    sdk.proxy_get_shared_data(start, name.byteLength, out, out + 4, out + 8),
  );
  sharedVersion = load<u32>(out, 8);
  return isFound;
}

/** Shares the bytes from `start` to `end`. False if another worker has done so since `getShared`. */
export function setShared(name: Bytes, start: usize, end: usize): bool {
  const nameStart = changetype<usize>(name);
  const size = name.byteLength;
  return sdk.proxy_set_shared_data(nameStart, size, start, end - start, sharedVersion) == OK;
}

/** The time in nanoseconds since 1970. */
export function now(): u64 {
  store<u64>(out, 0);
  sdk.proxy_get_current_time_nanoseconds(out);
  return load<u64>(out);
}

/** Reads all headers, in the form that `HeaderPairs` reads. */
export function getHeaders(map: HeaderMap): bool {
  lendOut();
  return takeResult(sdk.proxy_get_header_map_pairs(map, out, out + 4));
}

// Reads the first header of a name. False if there is none.
function getHeader(map: HeaderMap, name: Bytes): bool {
  lendOut();
  const start = changetype<usize>(name);
  return takeResult(sdk.proxy_get_header_map_value(map, start, name.byteLength, out, out + 4));
}

/** Reads the first header of the response with this name. False if there is none. */
export function getResponseHeader(name: Bytes): bool {
  return getHeader(HeaderMap.Response, name);
}

/** Adds a header, and keeps others of the same name. */
export function addHeader(map: HeaderMap, name: Bytes, value: Bytes): void {
  sdk.proxy_add_header_map_value(
    map,
    changetype<usize>(name),
    name.byteLength,
    changetype<usize>(value),
    value.byteLength,
  );
}

/** Replaces all headers of a name with one, whose value is the bytes from `start` to `end`. */
export function setHeader(map: HeaderMap, name: Bytes, start: usize, end: usize): void {
  sdk.proxy_replace_header_map_value(
    map,
    changetype<usize>(name),
    name.byteLength,
    start,
    end - start,
  );
}

/** Removes all headers of the name from `start` to `end`. */
export function removeHeader(map: HeaderMap, start: usize, end: usize): void {
  sdk.proxy_remove_header_map_value(map, start, end - start);
}

/** Removes all headers. */
export function clearHeaders(map: HeaderMap): void {
  store<u32>(out, 0);
  sdk.proxy_set_header_map_pairs(map, out, 4);
}

/**
 * Sends a local reply. `headers` is in proxy-wasm's serialised form; `details` becomes
 * %RESPONSE_CODE_DETAILS%.
 */
export function sendLocalResponse(status: u32, details: Bytes, body: Bytes, headers: Bytes): bool {
  return (
    sdk.proxy_send_local_response(
      status,
      changetype<usize>(details),
      details.byteLength,
      changetype<usize>(body),
      body.byteLength,
      changetype<usize>(headers),
      headers.byteLength,
      NOT_GRPC,
    ) == OK
  );
}

/**
 * Defines a metric and returns its id: a new one each time, even if the name is defined already.
 */
export function defineMetric(kind: MetricKind, name: string): u32 {
  const text = bytesOf(name);
  store<u32>(out, 0);
  sdk.proxy_define_metric(<i32>kind, changetype<usize>(text), text.byteLength, out);
  return load<u32>(out);
}

/** Adds to a counter. */
export function increment(counter: u32, by: u64): void {
  sdk.proxy_increment_metric(counter, by);
}

/** Records a value in a histogram. */
export function record(histogram: u32, value: u64): void {
  sdk.proxy_record_metric(histogram, value);
}

/** The current root context's onTick is called every `milliseconds`; with 0, never. */
export function setTickPeriod(milliseconds: u32): void {
  sdk.proxy_set_tick_period_milliseconds(milliseconds);
}

/**
 * Sends a GET to a cluster. The current root context's onHttpCallResponse gets the answer. Returns
 * the call's token, or 0 if there is no such cluster.
 */
export function callCluster(cluster: Bytes, path: string, timeoutMs: u32): u32 {
  const headers = serialisePairs([":method", "GET", ":path", path, ":authority", "llm-egress"]);
  store<u32>(out, 0);
  const status = sdk.proxy_http_call(
    changetype<usize>(cluster),
    cluster.byteLength,
    changetype<usize>(headers),
    headers.byteLength,
    0,
    0,
    0,
    0,
    timeoutMs,
    out,
  );
  return status == OK ? load<u32>(out) : 0;
}

/** The status of the answer that onHttpCallResponse is called for; 0 if the call has failed. */
export function getCallStatus(): u32 {
  const hasStatus = getHeader(HeaderMap.CallResponse, STATUS);
  return hasStatus ? <u32>parseWhole(resultStart, resultEnd) : 0;
}

/** Reads the body of the answer that onHttpCallResponse is called for. */
export function getCallBody(bytes: u32): bool {
  return getBuffer(CALL_RESPONSE_BODY, bytes);
}

/** Host calls that follow in this callback are about the root context or stream `id`. */
export function setEffectiveContext(id: u32): void {
  sdk.proxy_set_effective_context(id);
}

/** Lets the request of the current stream go on, after this callback. */
export function continueRequest(): void {
  sdk.proxy_continue_stream(REQUEST_STREAM);
}

/**
 * The environment as `NAME=value` texts, each ended by a NUL; it has only the variables that the
 * plugin's configuration lists.
 */
export function getEnvironment(): Bytes {
  store<u64>(out, 0);
  if (environ_sizes_get(out, out + 4) != OK) return new ArrayBuffer(0);
  const pointers = new ArrayBuffer(load<i32>(out) * sizeof<usize>());
  const texts = new ArrayBuffer(load<i32>(out, 4));
  if (environ_get(changetype<usize>(pointers), changetype<usize>(texts)) != OK) {
    return new ArrayBuffer(0);
  }
  return texts;
}
