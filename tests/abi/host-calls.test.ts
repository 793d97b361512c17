// The number of host calls per request. Each costs Envoy more than the filter's own code, so an
// additional one must fail a test.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { call } from "../support/accounts.ts";
import { hostOf } from "../support/filter-host.ts";

/** The host calls for a request and its answer, after earlier requests have defined all metrics. */
function callsFor(headers: Record<string, string>): Record<string, number> {
  const host = hostOf({ members: [{ name: "model", override: '"qwen"' }] }, { route: "only" });
  const answer = '{"usage":{"prompt_tokens":9,"completion_tokens":3}}';
  for (let i = 0; i < 2; i++) {
    host.calls.clear();
    call(host, { headers, chunks: ['{"messages":[]}', ""] }, answer);
  }
  return Object.fromEntries([...host.calls].sort());
}

describe("the host calls for one request and its answer", () => {
  const plain = {
    proxy_add_header_map_value: 1, // The key.
    proxy_get_buffer_bytes: 2, // The body, and the answer's.
    proxy_get_current_time_nanoseconds: 2,
    proxy_get_header_map_pairs: 2,
    proxy_get_property: 3, // The cluster, the cluster again, and the caller.
    proxy_increment_metric: 3, // Requests, and tokens of prompt and answer.
    proxy_record_metric: 1,
    proxy_replace_header_map_value: 2, // Path and length.
    proxy_set_buffer_bytes: 1,
    proxy_set_property: 4, // Model, tokens of prompt and answer, and outcome.
  };

  it("are exactly these", () => {
    assert.deepEqual(callsFor({ "content-length": "15" }), plain);
  });

  it("increase by one for each header that is removed", () => {
    const removed = { "x-forwarded-for": "10.0.0.1", "x-envoy-internal": "true" };
    assert.deepEqual(callsFor({ "content-length": "15", ...removed }), {
      ...plain,
      proxy_remove_header_map_value: 2,
    });
  });
});
