// What the filter reports about a call when it ends: the fields for the access log, and the
// counters.
import { type Envoy } from "./envoy.ts";
import { callFields } from "./filter-bootstrap.ts";
import { eventually } from "./gateway.ts";

/** One call in the access log; `-` means unknown. */
export type Call = Record<"id" | "status" | keyof typeof callFields, string>;

const names = ["id", "status", ...Object.keys(callFields)];

/** The calls in the access log so far, in the order in which they ended. */
export function callsOf(envoy: Envoy): Call[] {
  return [...envoy.logs().matchAll(/^call (.*)$/gm)].map(([, line = ""]) => {
    const values = line.split(" ");
    if (values.length !== names.length) throw new Error(`Not a line of a call: ${line}`);
    return Object.fromEntries(names.map((name, index) => [name, values[index]])) as Call;
  });
}

/** The call whose request had the header `x-call: id`; resolves when the call has ended. */
export async function callOf(envoy: Envoy, id: string): Promise<Call> {
  const find = () => callsOf(envoy).find((call) => call.id === id);
  await eventually(() => find() !== undefined, `the end of call ${id}`);
  return find()!;
}

/** One of the filter's counters. */
export interface Counter {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const label = /llmproxy_(\w+)=\.=(.*?);\.;/g;

/** The current values of the filter's counters. Label names are without `llmproxy_`. */
export async function countersOf(envoy: Envoy): Promise<Counter[]> {
  const response = await fetch(`http://127.0.0.1:${envoy.adminPort}/stats?filter=^wasmcustom`);
  const lines = (await response.text()).matchAll(/^wasmcustom\.(\S+): (\d+)$/gm);
  return [...lines].map(([, name = "", value]) => ({
    name: name.replace(label, ""),
    labels: Object.fromEntries(
      [...name.matchAll(label)].map(([, key = "", text = ""]) => [key, text]),
    ),
    value: Number(value),
  }));
}

/** The sum of the counters of each name. Only counters with all of `labels` are included. */
export function sums(
  counters: Counter[],
  labels: Record<string, string> = {},
): Record<string, number> {
  const result: Record<string, number> = {};
  for (const counter of counters) {
    if (Object.entries(labels).some(([key, value]) => counter.labels[key] !== value)) continue;
    result[counter.name] = (result[counter.name] ?? 0) + counter.value;
  }
  return result;
}

/**
 * What was counted between two readings of the counters. A new counter of 0 is kept, as it would be
 * visible to users.
 */
export function countedSince(before: Counter[], after: Counter[]): Counter[] {
  const keyOf = ({ name, labels }: Counter) => JSON.stringify([name, labels]);
  const old = new Map(before.map((counter) => [keyOf(counter), counter.value]));
  return after
    .map((counter) => ({ ...counter, value: counter.value - (old.get(keyOf(counter)) ?? 0) }))
    .filter((counter) => counter.value !== 0 || !old.has(keyOf(counter)));
}

let lastId = 0;

/** A value for `x-call` that no other request of this process has. */
export function newCallId(): string {
  return `call-${(lastId += 1)}`;
}
