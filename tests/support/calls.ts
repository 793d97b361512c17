// What the filter says about calls when they are over: what it gives the access log, and its counters.
import { type Envoy } from "./envoy.ts";
import { callFields } from "./filter-bootstrap.ts";
import { eventually } from "./gateway.ts";

/** One call as the access log has it; `-` is what is not known. */
export type Call = Record<"id" | "status" | keyof typeof callFields, string>;

const names = ["id", "status", ...Object.keys(callFields)];

/** The calls in the access log so far, in the order in which they ended. */
export function callsOf(envoy: Envoy): Call[] {
  return [...envoy.logs().matchAll(/^call (.*)$/gm)].map(([, line = ""]) => {
    const values = line.split(" ");
    if (values.length !== names.length) throw new Error(`Not a call's line: ${line}`);
    return Object.fromEntries(names.map((name, index) => [name, values[index]])) as Call;
  });
}

/** The call whose request said `x-call: id`, once it is over. */
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

/** The filter's counters as they stand. Labels are without their `llmproxy_`. */
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

/** The sums of the counters by their names; `labels` leaves out those that have others. */
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

/** What has been counted between two looks at the counters. A counter that is new and 0 stays: it would show. */
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
