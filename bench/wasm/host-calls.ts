// Makes only the host calls that every such filter needs: it reads the cluster, all headers and the
// body, sets three headers and the body, and reads the answer, and the cluster again. The cost of
// these calls is the least that such a filter adds.

import * as sdk from "@solo-io/proxy-runtime/assembly/imports";
import { proxy_set_buffer_bytes } from "../../assembly/host/abi";

export { proxy_abi_version_0_2_0 } from "@solo-io/proxy-runtime/assembly/exports";

const REQUEST = 0;
const RESPONSE = 2;

const area = heap.alloc(1 << 17);
const out = memory.data(8, 8);
const cluster = String.UTF8.encode("xds\0cluster_name");
const headers = [
  ":path",
  "/compatible-mode/v1/chat/completions",
  "authorization",
  "Bearer sk-0123456789abcdef0123456789abcdef",
  "content-type",
  "application/json",
].map<ArrayBuffer>((text) => String.UTF8.encode(text));

export function proxy_on_memory_allocate(_bytes: u32): usize {
  return area;
}

export function proxy_on_context_create(_id: u32, _rootId: u32): void {}

export function proxy_on_request_headers(_id: u32, _count: u32, _endOfStream: u32): i32 {
  readCluster();
  sdk.proxy_get_header_map_pairs(REQUEST, out, out + 4);
  for (let i = 0; i < headers.length; i += 2) set(headers[i], headers[i + 1]);
  return 0;
}

export function proxy_on_request_body(_id: u32, size: u32, _endOfStream: u32): i32 {
  if (size == 0) return 0;
  sdk.proxy_get_buffer_bytes(0, 0, size, out, out + 4);
  proxy_set_buffer_bytes(0, 0, size, area, size);
  return 0;
}

export function proxy_on_response_headers(_id: u32, _count: u32, _endOfStream: u32): i32 {
  sdk.proxy_get_header_map_pairs(RESPONSE, out, out + 4);
  readCluster();
  return 0;
}

export function proxy_on_response_body(_id: u32, size: u32, _endOfStream: u32): i32 {
  if (size != 0) sdk.proxy_get_buffer_bytes(1, 0, size, out, out + 4);
  return 0;
}

export function proxy_on_log(_id: u32): void {}

export function proxy_on_delete(_id: u32): void {}

function readCluster(): void {
  sdk.proxy_get_property(changetype<usize>(cluster), cluster.byteLength, out, out + 4);
}

function set(name: ArrayBuffer, value: ArrayBuffer): void {
  const start = changetype<usize>(value);
  const nameStart = changetype<usize>(name);
  sdk.proxy_replace_header_map_value(REQUEST, nameStart, name.byteLength, start, value.byteLength);
}
