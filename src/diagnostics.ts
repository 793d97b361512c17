// What is wrong with the input, as data: each step reports diagnostics and goes on. Nothing here is
// kept between calls.
import { printableLine } from "./printable.ts";

/** Every code a diagnostic can have, with its severity. docs/diagnostics.md explains each. */
export const diagnosticCodes = {
  not_utf8: "error",
  yaml_syntax: "error",
  duplicate_key: "error",
  too_many_aliases: "error",
  unknown_kind: "error",
  unknown_version: "error",
  unknown_field: "error",
  missing_field: "error",
  invalid_type: "error",
  invalid_value: "error",
  invalid_name: "error",
  duplicate_resource: "error",
  invalid_host: "error",
  invalid_path: "error",
  invalid_endpoint: "error",
  unenforced_policy: "warning",
  invalid_api_key: "error",
  literal_api_key: "warning",
  repeated_api_key: "error",
  no_key_server: "error",
  invalid_auth_header: "error",
  invalid_removed_header: "error",
  invalid_set_header: "error",
  invalid_auth_prefix: "error",
  invalid_model_name: "error",
  invalid_member_name: "error",
  invalid_member_value: "error",
  repeated_member: "error",
  repeated_token_limit: "error",
  invalid_limit: "error",
  above_limit: "error",
  stream_options_without_stream: "error",
  too_many_members: "error",
  duplicate_host: "error",
  overlapping_routes: "error",
  duplicate_rule: "error",
  unknown_rule: "error",
  ambiguous_rule: "error",
  route_not_allowed: "error",
  gateway_as_provider: "error",
  ambiguous_name: "error",
  unknown_provider: "error",
  invalid_backend: "error",
  invalid_weight: "error",
  invalid_gateway: "error",
  unlisted_gateway: "warning",
  invalid_match: "error",
  invalid_header_name: "error",
  edited_header: "error",
  invalid_regex: "error",
  unreachable_rule: "warning",
  unused_provider: "warning",
  source_labels_ignored: "warning",
  provider_not_at_gateway: "warning",
  host_without_port: "warning",
  mesh_wide_provider: "warning",
  unknown_gateway: "warning",
  unusable_gateway: "warning",
  overlapping_destination_rule: "warning",
  overlapping_service_entry: "warning",
  overlapping_virtual_service: "warning",
  mirrored_key: "warning",
  unset_variable: "note",
  too_many_variables: "error",
  invalid_proxy: "error",
  unsupported_connection: "error",
} as const satisfies Record<string, Severity>;

export type DiagnosticCode = keyof typeof diagnosticCodes;

/** Errors of a resource that refers to a missing one, and can do without it. */
export const unresolvedCodes: readonly DiagnosticCode[] = ["unknown_rule", "unknown_provider"];

/**
 * With an error, the input is refused; a warning is about a possible mistake; a note says what is
 * left to do.
 */
export type Severity = "error" | "warning" | "note";

/** Keys and indexes from the root of a document to the place that a diagnostic is about. */
export type Path = readonly (string | number)[];

/**
 * The resource that a diagnostic is about, as its metadata names it. A missing kind or name is
 * empty.
 */
export interface ResourceName {
  kind: string;
  namespace: string;
  name: string;
}

/** A place in a text. */
export interface Location {
  file: string;
  /** From 1. */
  line: number;
  /** From 1, in UTF-16 code units. */
  column: number;
  /** The source line, if it can be shown without showing a key. */
  excerpt?: string;
}

/**
 * One thing that is wrong. It never holds a literal key. It has no location if the resource has no
 * text.
 */
export interface Diagnostic extends Partial<Location> {
  code: DiagnosticCode;
  severity: Severity;
  /** Absent if the text can't be read as resources. */
  resource?: ResourceName;
  /** The LLMProvider or LLMRoute that suffers from a mistake in `resource`. */
  affected?: ResourceName;
  /** As `formatPath` writes it; empty for the whole document. */
  path: string;
  /** What is wrong, and what is allowed. */
  message: string;
  /**
   * What there is instead, in other resources: for someone who has all of them, as the command line
   * has. In a cluster, they may be another team's.
   */
  known?: string;
}

/** Takes a diagnostic. Steps report and go on with what is left. */
export type Report = (diagnostic: Diagnostic) => void;

/** Whether the input must be refused. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === "error");
}

/** By file or resource, and by position. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...diagnostics].sort(byPosition);
}

/**
 * All diagnostics as text, by file or resource and by position, each on a line that other tools can
 * read, with its source line below.
 */
export function formatDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return sortDiagnostics(diagnostics)
    .map((diagnostic) => `${formatDiagnostic(diagnostic)}\n`)
    .join("");
}

/**
 * A path as it is written in messages: `spec.rules[0].name`; keys that are not plain words are
 * quoted.
 */
export function formatPath(path: Path): string {
  return path.map(formatStep).join("");
}

/** `LLMProvider namespace/name`. */
export function formatResource({ kind, namespace, name }: ResourceName): string {
  return `${kind} ${namespace}/${name}`;
}

function byPosition(a: Diagnostic, b: Diagnostic): number {
  const [textA, textB] = [textOf(a), textOf(b)];
  if (textA !== textB) return textA < textB ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

/** What the diagnostic is found in: its file, or else its resource. */
function textOf({ file, resource }: Diagnostic): string {
  return file ?? (resource === undefined ? "" : formatResource(resource));
}

function formatDiagnostic(diagnostic: Diagnostic): string {
  const { code, line, column, severity, path, message, known, excerpt } = diagnostic;
  const position = line === undefined ? "" : `:${line}:${column}`;
  const mildness = severity === "error" ? "" : `${severity}: `;
  const subject = path === "" ? "" : `${path}: `;
  const whole = known === undefined ? message : `${message}; ${known}`;
  const statement = `${mildness}${subject}${whole} [${code}]`;
  const text = printableLine(`${textOf(diagnostic)}${position}: ${statement}`);
  return excerpt === undefined ? text : `${text}\n${formatExcerpt(excerpt, column ?? 1)}`;
}

function formatExcerpt(line: string, column: number): string {
  // Tabs become spaces, so that the caret is below its character on every terminal.
  return `    ${printableLine(line.replaceAll("\t", " "))}\n    ${" ".repeat(column - 1)}^`;
}

function formatStep(step: string | number, index: number): string {
  if (typeof step === "number") return `[${step}]`;
  if (!/^[A-Za-z_][\w-]*$/.test(step)) return `[${JSON.stringify(step)}]`;
  return index === 0 ? step : `.${step}`;
}
