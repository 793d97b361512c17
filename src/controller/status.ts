// What a resource's status says. Pure.
import { isDeepStrictEqual } from "node:util";
import {
  type Diagnostic,
  type DiagnosticCode,
  formatResource,
  unresolvedCodes,
} from "../diagnostics.ts";
import type { KubeObject } from "../kube/client.ts";
import type { Remark } from "../keys/key-store.ts";
import { cutToBytes, printableLine } from "../printable.ts";
import type { Delay } from "./acknowledgements.ts";
import type { Failure } from "./writer.ts";

export interface Condition {
  type: "Accepted" | "ResolvedRefs" | "Programmed";
  status: "True" | "False";
  reason: string;
  message: string;
  observedGeneration: number;
  lastTransitionTime: string;
}

export interface Status {
  /** In one word, whether the resource is in effect: `Ready`, or why not. */
  status: string;
  observedGeneration: number;
  conditions: Condition[];
}

/** What has become of a resource. */
export interface Outcome {
  diagnostics: readonly Diagnostic[];
  /** Another resource has what this one claims. */
  conflict: string | undefined;
  /** Whether its former state is in effect, as it is refused. */
  isHeld: boolean;
  /** The WasmPlugin that it becomes a part of, if that will soon be too large. */
  largePlugin: string | undefined;
  /** An object that it should become could not be written. */
  failure: Failure | undefined;
  /** Whether its routes wait until gateways have loaded the filter. */
  isWaiting: boolean;
  /** What is wrong with its keys in Secrets. */
  remarks: readonly Remark[];
  /** The gateways without its configuration. Undefined if that is not known, or not asked. */
  lagging: Delay | undefined;
}

/** Two resources claim the same thing. */
const contested: readonly DiagnosticCode[] = [
  ...(["duplicate_host", "overlapping_routes", "duplicate_rule", "duplicate_resource"] as const),
];

const mostMessageBytes = 2048;

/** Whether a diagnostic keeps a resource from taking effect. */
export function isRefusal({ severity, code }: Diagnostic): boolean {
  return severity === "error" && !unresolvedCodes.includes(code);
}

/** The status of a resource. `now` is the time of what has changed since its present status. */
export function statusOf(object: KubeObject, outcome: Outcome, now: string): Status {
  const observedGeneration = object.metadata.generation ?? 0;
  const before = (object["status"] as Partial<Status> | undefined)?.conditions ?? [];
  const whole = { ...outcome, lagging: laggingFor(object, outcome) };
  const programmedNow = programmed(whole, messageBefore(object));
  const conditions = [accepted(whole), resolved(whole), programmedNow].map((each) => {
    const old = before.find(({ type }) => type === each.type);
    const lastTransitionTime = old?.status === each.status ? old.lastTransitionTime : now;
    const message = cutToBytes(each.message, mostMessageBytes);
    return { ...each, message, observedGeneration, lastTransitionTime };
  });
  const first = conditions.find(({ status }) => status !== "True");
  return { status: first?.reason ?? "Ready", observedGeneration, conditions };
}

/**
 * All providers of a gateway have one configuration. That one of them has changed, or that a pod is
 * replaced, is no news about those that are in effect, unless it lasts.
 */
function laggingFor(object: KubeObject, { lagging }: Outcome): Outcome["lagging"] {
  return lagging?.isBrief && messageBefore(object) !== undefined ? undefined : lagging;
}

/**
 * What was said of the same state. After a start, when it is not known yet what gateways have, it is
 * not taken back.
 */
function messageBefore(object: KubeObject): string | undefined {
  const { observedGeneration, conditions = [] } = (object["status"] ?? {}) as Partial<Status>;
  if (observedGeneration !== object.metadata.generation) return undefined;
  return conditions.find(({ type, status }) => type === "Programmed" && status === "True")?.message;
}

/** Whether a status has to be written. */
export function isNews(object: KubeObject, status: Status): boolean {
  return !isDeepStrictEqual(object["status"], status);
}

/** The text of an event about a status. */
export function noteOf({ conditions }: Status): string {
  const told = conditions.find(({ status }) => status !== "True") ?? conditions[0];
  return told?.message === "" ? "in effect" : (told?.message ?? "");
}

type Judgement = Pick<Condition, "type" | "status" | "reason" | "message">;

function accepted({ diagnostics, conflict, largePlugin }: Outcome): Judgement {
  const type = "Accepted";
  const errors = diagnostics.filter(isRefusal);
  if (errors.length > 0) {
    const isContested = errors.every(({ code }) => contested.includes(code));
    const reason = isContested ? "Conflict" : "Invalid";
    return { type, status: "False", reason, message: textOf(errors) };
  }
  if (conflict !== undefined)
    return { type, status: "False", reason: "Conflict", message: conflict };
  const warnings = diagnostics.filter(({ severity }) => severity === "warning");
  // Without its size: each change of one provider would be news about all of them.
  const nearLimit =
    largePlugin === undefined
      ? []
      : [`${largePlugin} is near the 1.5 MB that etcd accepts: give providers to other gateways`];
  const message = [...warnings.map((each) => textOf([each])), ...nearLimit].join("; ");
  return { type, status: "True", reason: "Accepted", message };
}

function resolved({ diagnostics, remarks }: Outcome): Judgement {
  const type = "ResolvedRefs";
  const missing = diagnostics.filter(({ code }) => unresolvedCodes.includes(code));
  const [first] = missing;
  if (first === undefined) return resolvedKeys(remarks);
  const reason = first.code === "unknown_provider" ? "UnknownProvider" : "UnknownRule";
  return { type, status: "False", reason, message: textOf(missing) };
}

/** The worst that there is to say about keys. */
function resolvedKeys(remarks: readonly Remark[]): Judgement {
  const type = "ResolvedRefs";
  const reasons = { missing: "SecretNotFound", invalid: "InvalidKey", unknown: "Pending" } as const;
  for (const kind of ["missing", "invalid", "unknown"] as const) {
    const found = remarks.filter((each) => each.kind === kind);
    if (found.length === 0) continue;
    return { type, status: "False", reason: reasons[kind], message: messageOf(found) };
  }
  return { type, status: "True", reason: type, message: messageOf(remarks) };
}

function messageOf(remarks: readonly Remark[]): string {
  return remarks.map(({ message }) => message).join("; ");
}

function programmed(outcome: Outcome, messageBefore = "written to the mesh"): Judgement {
  const type = "Programmed";
  const { failure, isHeld, isWaiting, lagging } = outcome;
  const no = (reason: string, message: string): Judgement => ({
    ...{ type, status: "False", reason, message },
  });
  if (accepted(outcome).status === "False") {
    return isHeld
      ? no("Held", "the last accepted version stays in effect")
      : no("NotAccepted", "nothing of it is in effect");
  }
  if (failure !== undefined) {
    return no(failure.reason === "Conflict" ? "Conflict" : "Pending", failure.message);
  }
  if (isWaiting) return no("Pending", "the gateways are loading the filter's configuration");
  if (lagging === undefined) {
    return { type, status: "True", reason: type, message: messageBefore };
  }
  const { behind, silent, isLate } = lagging;
  if (behind.length > 0 || (silent.length > 0 && !isLate)) {
    return no("Pending", `not in effect yet at ${listOf([...behind, ...silent])}`);
  }
  const message =
    silent.length > 0
      ? `written to the mesh; no filter responds at ${listOf(silent)}`
      : "in effect at all pods that it selects";
  return { type, status: "True", reason: type, message };
}

const mostListed = 10;

function listOf(names: readonly string[]): string {
  const more = names.length - mostListed;
  return names.slice(0, mostListed).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** Diagnostics on one line. */
export function textOf(diagnostics: readonly Diagnostic[]): string {
  const text = ({ code, path, message, resource, affected }: Diagnostic): string => {
    // What is wrong elsewhere is found by its name.
    const other =
      affected === undefined || resource === undefined ? "" : `${formatResource(resource)} `;
    return printableLine(`${code}: ${other}${path === "" ? "" : `${path}: `}${message}`);
  };
  return diagnostics.map(text).join("; ");
}
