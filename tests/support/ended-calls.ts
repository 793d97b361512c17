// Makes one call at a time, and checks that it was counted once, with the outcome that it had.
import assert from "node:assert/strict";
import {
  type Call,
  callOf,
  callsOf,
  type Counter,
  countedSince,
  countersOf,
  newCallId,
  sums,
} from "./calls.ts";
import type { Envoy } from "./envoy.ts";

/** A call that has ended: its line in the access log, and what was counted during the call. */
export interface Ended {
  call: Call;
  counters: Counter[];
}

/** The header that identifies a call in the access log. */
export type CallHeader = [name: string, value: string];

/**
 * Makes one call with the given header, waits for its end, and then calls the function that `make`
 * resolves to.
 */
export async function endCall(
  envoy: Envoy,
  make: (id: CallHeader) => Promise<() => void>,
): Promise<Ended> {
  const before = await countersOf(envoy);
  const id = newCallId();
  const leave = await make(["x-call", id]);
  const call = await callOf(envoy, id);
  leave();
  return { call, counters: countedSince(before, await countersOf(envoy)) };
}

export interface ExpectedEnd {
  outcome: string;
  /** The status that the client received; "0" if it received none. */
  code: string;
  /** Prompt and completion tokens. Unknown by default, which is counted if the status is 200. */
  tokens?: [prompt: string, completion: string];
}

/**
 * Checks that a call was counted once, with its outcome, and only with the tokens that the provider
 * reported.
 */
export function assertEnded({ call, counters }: Ended, expected: ExpectedEnd): void {
  const { outcome, code, tokens = ["-", "-"] } = expected;
  assert.equal(call.outcome, outcome);
  const requests = counters.filter(({ name }) => name === "llm_egress_requests");
  const seen = requests.map(({ labels, value }) => [labels["outcome"], labels["code"], value]);
  assert.deepEqual(seen, [[outcome, code, 1]]);
  assert.deepEqual([call.prompt, call.completion], tokens);
  const { llm_egress_requests, llm_egress_rejected, ...others } = sums(counters);
  assert.equal(llm_egress_requests, 1);
  assert.equal(llm_egress_rejected, outcome === "rejected" ? 1 : undefined);
  const [prompt, completion] = tokens.map(Number);
  const known = {
    asm_llm_proxy_prompt_tokens: prompt,
    asm_llm_proxy_completion_tokens: completion,
  };
  const unknown = code === "200" ? { llm_egress_usage_unknown: 1 } : {};
  assert.deepEqual(others, tokens[0] === "-" ? unknown : known);
}

/**
 * Checks that the access log has at least `least` calls, each with its own `x-call`, and that the
 * same number was counted.
 */
export async function assertEachCounted(envoy: Envoy, least: number): Promise<void> {
  const ids = callsOf(envoy).map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.length >= least, `${ids.length} calls`);
  assert.equal(sums(await countersOf(envoy))["llm_egress_requests"], ids.length);
}
