import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import {
  type LLMProvider,
  llmProviderSchema,
  type LLMRoute,
  llmRouteSchema,
  type Schema,
} from "../api/generated.ts";
import {
  type Diagnostic,
  formatPath,
  type Path,
  type Report,
  type ResourceName,
} from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import { isFieldName } from "../model/shown-fields.ts";
import { mend, pathOf } from "./mend.ts";
import { checkMetadata } from "./name-rules.ts";
import { suggest } from "./nearest.ts";
import type { ProviderResource, RouteResource } from "../model/resource.ts";

// Kubernetes' own keywords and formats are not part of JSON Schema: ajv ignores them. The two
// schemas are the project's own, so ajv's meta-schema is not needed. Compiling it, and optimising
// the code of two schemas, would take longer than it saves.
const ajv = new Ajv({
  meta: false,
  validateSchema: false,
  code: { optimize: false },
  allErrors: true,
  verbose: true,
  strict: false,
  strictNumbers: true,
  validateFormats: false,
});
const isProvider = ajv.compile<LLMProvider>(closed(llmProviderSchema));
const isRoute = ajv.compile<LLMRoute>(closed(llmRouteSchema));

/** Of resources that don't match the schema, but can be judged without the wrong parts. */
export type MendedParts = Map<ResourceName, readonly Path[]>;

/**
 * The resource as an LLMProvider, or undefined after reporting why it is not one. With `mended`, one
 * that can do without its wrong parts is noted there, and given without them.
 */
export function toProvider(
  resource: Cursor,
  report: Report,
  mended?: MendedParts,
): ProviderResource | undefined {
  return toKind(resource, isProvider, report, mended);
}

/** The same for an LLMRoute. */
export function toRoute(
  resource: Cursor,
  report: Report,
  mended?: MendedParts,
): RouteResource | undefined {
  return toKind(resource, isRoute, report, mended);
}

/**
 * The schema, with unknown fields refused wherever it lists the known ones. kubectl only warns
 * about them, and drops them.
 */
function closed(schema: Schema): Schema {
  const copy: Schema = { ...schema };
  if (schema.properties) {
    copy.properties = mapValues(schema.properties, closed);
    copy.additionalProperties = false;
  } else if (typeof schema.additionalProperties === "object") {
    copy.additionalProperties = closed(schema.additionalProperties);
  }
  if (schema.items) copy.items = closed(schema.items);
  return copy;
}

function mapValues<From, To>(
  record: Record<string, From>,
  change: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function toKind<Kind>(
  resource: Cursor,
  isKind: ValidateFunction<Kind>,
  report: Report,
  mended: MendedParts | undefined,
): Cursor<Kind> | undefined {
  const isMatch = isKind(resource.value);
  if (!isMatch) for (const error of isKind.errors ?? []) report(describe(error, resource));
  const isNamed = checkMetadata(resource, report);
  if (isMatch && isNamed) return resource as Cursor<Kind>;
  const rest = mended && mend(resource.value, isKind);
  if (rest === undefined || resource.resource.name === "") return undefined;
  mended?.set(resource.resource, rest.removed);
  return resource.with(rest.value as Kind);
}

// No message quotes the value that is wrong: a key may be in the wrong field.
function describe(error: ErrorObject, resource: Cursor): Diagnostic {
  const place = resource.at(...pathOf(error.instancePath, resource.value));
  const { params, parentSchema } = error;
  switch (error.keyword) {
    case "additionalProperties": {
      const known = Object.keys((parentSchema as Schema).properties ?? {});
      const name = String(params.additionalProperty);
      const message = `unknown field; allowed: ${known.join(", ")}${suggest(name, known)}`;
      const problem = place.at(name).problem("unknown_field", message, "key");
      return isFieldName(name) ? problem : { ...problem, path: formatPath([...place.path, "…"]) };
    }
    case "required": {
      const message = `the required field ${String(params.missingProperty)} is missing`;
      return place.problem("missing_field", message, "key");
    }
    case "type":
      return place.problem("invalid_type", typeMessage(String(params.type), error.data));
    case "enum":
      return place.problem("invalid_value", enumMessage(error));
    default:
      return place.problem("invalid_value", boundMessage(error));
  }
}

function boundMessage({ keyword, params, message }: ErrorObject): string {
  const limit = String(params.limit);
  switch (keyword) {
    case "minimum":
      return `must be at least ${limit}`;
    case "maximum":
      return `must be at most ${limit}`;
    case "minLength":
    case "minItems":
      return "must not be empty";
    case "maxLength":
      return `must have at most ${limit} characters`;
    case "maxItems":
    case "maxProperties":
      return `must have at most ${limit} entries`;
    default:
      return message ?? "is not allowed";
  }
}

const typeNames: Record<string, string> = {
  string: "a string",
  number: "a finite number",
  integer: "a whole number",
  boolean: "true or false",
  object: "a mapping",
  array: "a list",
};

function typeMessage(expected: string, value: unknown): string {
  return `must be ${typeNames[expected] ?? expected}; it is ${nameType(value)}`;
}

function nameType(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "boolean") return "true or false";
  if (typeof value === "number") return nameNumber(value);
  return typeof value === "object" ? "a mapping" : "a string";
}

// Not the number itself: it may be a key that was not quoted.
function nameNumber(value: number): string {
  if (!Number.isFinite(value)) return "not finite";
  return Number.isInteger(value) ? "a number" : "a number with a fraction";
}

function enumMessage({ params, data }: ErrorObject): string {
  const allowed = (params.allowedValues as unknown[]).map(String);
  const hint = typeof data === "string" ? suggest(data, allowed) : "";
  return `must be one of ${allowed.join(", ")}${hint}`;
}
