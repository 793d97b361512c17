// What Envoy sees of the module: the callbacks of the proxy-wasm ABI that the filter handles, and
// the filter's registration. No other callback is exported, as each costs every stream a call.

export {
  proxy_on_configure,
  proxy_on_context_create,
  proxy_on_delete,
  proxy_on_http_call_response,
  proxy_on_log,
  proxy_on_request_body,
  proxy_on_request_headers,
  proxy_on_request_trailers,
  proxy_on_response_body,
  proxy_on_response_headers,
  proxy_on_response_trailers,
  proxy_on_tick,
} from "./host/callbacks";
export { proxy_abi_version_0_2_0 } from "@solo-io/proxy-runtime/assembly/exports";
export { proxy_on_memory_allocate } from "./host/memory";

import { registerRootContext } from "./host/host";
import { EgressRoot } from "./root";

registerRootContext((id) => new EgressRoot(id), "llm-egress");
