// The callbacks that the module exports: the SDK's, with garbage collected in between. The minimal
// runtime collects only on request, and only while no callback runs, as it does not see what the
// Wasm stack refers to. It makes the module 40 % smaller than the incremental runtime, which keeps
// a second stack for that. What a stream allocates is bounded, whatever the client sends, so the
// number of ended streams measures the garbage. Kept between calls: how deep in callbacks the host
// is (a local reply calls back from within a call), and how many streams are open and ended.

import * as sdk from "@solo-io/proxy-runtime/assembly/exports";

// The garbage is ended streams beyond those kept for reuse, of some 600 bytes each, the texts of
// refusals, and the names that clients send. With many open streams a collection takes longer, so
// that it comes less often.
const STREAMS_BETWEEN_COLLECTIONS: u32 = 512;

let depth: u32 = 0;
let openStreams: u32 = 0;
let endedStreams: u32 = 0;

/** proxy-wasm: a new root context, for which `rootId` is 0, or a new stream. */
export function proxy_on_context_create(id: u32, rootId: u32): void {
  depth++;
  if (rootId != 0) openStreams++;
  sdk.proxy_on_context_create(id, rootId);
  depth--;
}

/** proxy-wasm: a plugin configuration of `bytes`. 0 refuses it. */
export function proxy_on_configure(rootId: u32, bytes: u32): u32 {
  depth++;
  const isAccepted = sdk.proxy_on_configure(rootId, bytes);
  depth--;
  collect();
  return isAccepted;
}

/** proxy-wasm: the request's headers. */
export function proxy_on_request_headers(id: u32, count: u32, endOfStream: u32): i32 {
  depth++;
  const status = sdk.proxy_on_request_headers(id, count, endOfStream);
  depth--;
  return status;
}

/** proxy-wasm: a chunk of the request's body, of `bytes`. */
export function proxy_on_request_body(id: u32, bytes: u32, endOfStream: u32): i32 {
  depth++;
  const status = sdk.proxy_on_request_body(id, bytes, endOfStream);
  depth--;
  return status;
}

/** proxy-wasm: the request's trailers. */
export function proxy_on_request_trailers(id: u32, count: u32): i32 {
  depth++;
  const status = sdk.proxy_on_request_trailers(id, count);
  depth--;
  return status;
}

/** proxy-wasm: the response's headers. */
export function proxy_on_response_headers(id: u32, count: u32, endOfStream: u32): i32 {
  depth++;
  const status = sdk.proxy_on_response_headers(id, count, endOfStream);
  depth--;
  return status;
}

/** proxy-wasm: a chunk of the response's body, of `bytes`. */
export function proxy_on_response_body(id: u32, bytes: u32, endOfStream: u32): i32 {
  depth++;
  const status = sdk.proxy_on_response_body(id, bytes, endOfStream);
  depth--;
  return status;
}

/** proxy-wasm: the response's trailers. */
export function proxy_on_response_trailers(id: u32, count: u32): i32 {
  depth++;
  const status = sdk.proxy_on_response_trailers(id, count);
  depth--;
  return status;
}

/** proxy-wasm: the stream is over, and about to be logged. */
export function proxy_on_log(id: u32): void {
  depth++;
  sdk.proxy_on_log(id);
  depth--;
}

/** proxy-wasm: the stream is over; its properties can be read a last time. */
export function proxy_on_delete(id: u32): void {
  depth++;
  sdk.proxy_on_delete(id);
  depth--;
  if (openStreams != 0) openStreams--;
  if (++endedStreams >= max(STREAMS_BETWEEN_COLLECTIONS, openStreams / 4)) collect();
}

/** proxy-wasm: the tick period of a root context is over. */
export function proxy_on_tick(rootId: u32): void {
  depth++;
  sdk.proxy_on_tick(rootId);
  depth--;
}

/**
 * proxy-wasm: a call of a root context has an answer with a body of `bodyBytes`, or has failed: then
 * it has no headers.
 */
// eslint-disable-next-line max-params -- the ABI's
export function proxy_on_http_call_response(
  rootId: u32,
  token: u32,
  headers: u32,
  bodyBytes: u32,
  trailers: u32,
): void {
  depth++;
  sdk.proxy_on_http_call_response(rootId, token, headers, bodyBytes, trailers);
  depth--;
  collect();
}

function collect(): void {
  if (depth != 0) return;
  endedStreams = 0;
  __collect();
}
