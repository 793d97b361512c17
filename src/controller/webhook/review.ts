// Judges one LLMProvider or LLMRoute before the API server stores it. Comes in: an AdmissionReview, and
// what the cluster has; goes out: the response. Pure.
import { isDeepStrictEqual } from "node:util";
import {
  type Diagnostic,
  type DiagnosticCode,
  formatResource,
  unresolvedCodes,
} from "../../diagnostics.ts";
import { exactJson } from "../../kube/exact-json.ts";
import type { KubeObject } from "../../kube/client.ts";
import { ObjectDocument } from "../../parse/object-document.ts";
import { validate, type ValidateOptions } from "../../validate/validate.ts";
import { idOf } from "../desired.ts";
import { byAge, type Seen } from "../pass.ts";
import { Secrets } from "../secrets.ts";
import { textOf } from "../status.ts";

export interface AdmissionRequest {
  uid: string;
  object: KubeObject;
  /** Absent if the object is new. */
  oldObject: KubeObject | undefined;
  /** The JSON text of `object`, if its numbers need it. */
  text: string | undefined;
}

export interface AdmissionResponse {
  uid: string;
  allowed: boolean;
  status?: { code: number; reason: string; message: string };
  warnings?: string[];
}

/** What the cluster has. */
export type Known = Omit<Seen, "live"> & Pick<ValidateOptions, "hasTunnels">;

/**
 * What refers to another resource may become right when that one is applied: the order in which
 * resources are applied is free.
 */
const referenceCodes: readonly DiagnosticCode[] = [
  ...unresolvedCodes,
  ...(["route_not_allowed", "ambiguous_rule"] as const),
];

// The API server cuts warnings to 256 characters if all together have more than 4,096.
const mostWarnings = 10;
const mostWarning = 256;
const mostMessage = 2048;

const reviewVersion = "admission.k8s.io/v1";

/** The request of an AdmissionReview. Undefined if the text is not one about an object of ours. */
export function readReview(text: string): AdmissionRequest | undefined {
  const { apiVersion, kind, request } = fieldsOf(parsed(text));
  if (apiVersion !== reviewVersion || kind !== "AdmissionReview") return undefined;
  const { uid, object, oldObject } = fieldsOf(request);
  if (typeof uid !== "string" || uid === "" || !isOwn(object)) return undefined;
  if (oldObject !== undefined && oldObject !== null && !isOwn(oldObject)) return undefined;
  const exact = exactJson<{ request: { object: unknown } }>(text);
  return {
    uid,
    object,
    oldObject: oldObject ?? undefined,
    text: exact === undefined ? undefined : JSON.stringify(exact.request.object),
  };
}

/** The AdmissionReview with a response. */
export function formatReview(response: AdmissionResponse): string {
  return JSON.stringify({ apiVersion: reviewVersion, kind: "AdmissionReview", response });
}

/**
 * Refuses an object for errors that it has and its former version has not. So an object that is
 * already in error can be changed, as long as it gets no worse.
 */
export function review(request: AdmissionRequest, known: Known): AdmissionResponse {
  const { uid, object, oldObject } = request;
  // Only labels, annotations or finalizers have changed.
  if (isDeepStrictEqual(object["spec"], oldObject?.["spec"])) return { uid, allowed: true };
  const found = diagnosticsOf(object, request.text, known);
  const isRefusal = ({ severity, code }: Diagnostic): boolean =>
    severity === "error" && !referenceCodes.includes(code);
  let errors = found.filter(isRefusal);
  if (errors.length > 0 && oldObject !== undefined) {
    const before = diagnosticsOf(oldObject, known.textOf(oldObject), known).filter(isRefusal);
    errors = without(errors, before);
  }
  const hide = hideKeysOf(object, oldObject);
  const line = (each: Diagnostic): string => hide(textOf([each]));
  if (errors.length > 0) {
    const message = cut(errors.map(line).join("; "), mostMessage);
    return { uid, allowed: false, status: { code: 422, reason: "Invalid", message } };
  }
  const warnings = warningsOf(found).map(line);
  return { uid, allowed: true, ...(warnings.length > 0 ? { warnings: bounded(warnings) } : {}) };
}

/** What is wrong with one object among the others. */
function diagnosticsOf(
  object: KubeObject,
  text: string | undefined,
  { own, context, textOf: textOfOther, hasTunnels = true }: Known,
): Diagnostic[] {
  const id = idOf(object);
  // The others have what they claim, also if they are younger.
  const others = own.filter((each) => idOf(each) !== id).sort(byAge);
  const documents = [...others, ...context].map(
    (each) => new ObjectDocument({ ...each, status: undefined }, textOfOther(each)),
  );
  documents.push(new ObjectDocument({ ...object, status: undefined }, text));
  const found: Diagnostic[] = [];
  const options = {
    target: "istio",
    errors: "leave-out",
    isComplete: true,
    hasKeyServer: true,
    hasTunnels,
  } as const;
  validate(documents, options, (diagnostic) => {
    const about = diagnostic.affected ?? diagnostic.resource;
    if (about !== undefined && formatResource(about) === id) found.push(diagnostic);
  });
  return found;
}

/** The diagnostics that `before` has not, wherever in the object they are. */
function without(all: readonly Diagnostic[], before: readonly Diagnostic[]): Diagnostic[] {
  const left = before.map(({ code, message }) => `${code} ${message}`);
  return all.filter(({ code, message }) => {
    const at = left.indexOf(`${code} ${message}`);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}

/** A provider is mostly applied before its route. */
function warningsOf(found: readonly Diagnostic[]): Diagnostic[] {
  return found.filter(({ severity, code }) => severity !== "note" && code !== "unused_provider");
}

function bounded(warnings: readonly string[]): string[] {
  const shown = warnings.slice(0, mostWarnings).map((text) => cut(text, mostWarning));
  const more = warnings.length - mostWarnings;
  if (more > 0)
    shown[mostWarnings - 1] = `and ${more + 1} more warnings: see the resource's status`;
  return shown;
}

function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

function hideKeysOf(...objects: (KubeObject | undefined)[]): (text: string) => string {
  const secrets = new Secrets();
  secrets.learn(objects.flatMap((each) => each ?? []));
  return secrets.hide;
}

function isOwn(value: unknown): value is KubeObject {
  const { kind, metadata } = fieldsOf(value);
  const { name, namespace } = fieldsOf(metadata);
  const isKind = kind === "LLMProvider" || kind === "LLMRoute";
  return isKind && typeof name === "string" && typeof namespace === "string";
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
