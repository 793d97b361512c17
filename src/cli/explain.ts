// Prints what a field of the resources is: its path → the description in the CRDs.
import { llmProviderSchema, llmRouteSchema, type Schema } from "../api/generated.ts";
import { suggest } from "../validate/nearest.ts";
import { Failure } from "./failure.ts";
import { print } from "./terminal.ts";

const kinds: Record<string, Schema> = { LLMProvider: llmProviderSchema, LLMRoute: llmRouteSchema };

/**
 * Prints each field that the path names, of one kind or of both. The path is as in kubectl explain,
 * or as in a diagnostic: `llmroute.spec.rules.name`, `spec.rules[0].name`. Returns the exit code.
 */
export function explain(path: string): number {
  const [first = "", ...others] = path.replaceAll(/\[[^\]]*\]/g, "").split(".");
  const named = Object.keys(kinds).find((kind) => isKind(first, kind));
  const steps = named === undefined ? [first, ...others] : others;
  const found = Object.entries(kinds).flatMap(([kind, schema]) => {
    const field = named === undefined || named === kind ? fieldAt(schema, steps) : undefined;
    return field === undefined ? [] : [describe([kind, ...steps].join("."), field)];
  });
  if (found.length === 0) throw new Failure(whyNot(path, named, steps), 2);
  print(found.join("\n"));
  return 0;
}

function isKind(text: string, kind: string): boolean {
  return [kind, `${kind}s`].some((name) => name.toLowerCase() === text.toLowerCase());
}

interface Field {
  schema: Schema;
  isRequired: boolean;
}

/** Lists are passed through, and so are maps: any step is a key of theirs. */
function fieldAt(root: Schema, steps: readonly string[]): Field | undefined {
  let field: Field = { schema: root, isRequired: true };
  for (const step of steps) {
    const parent = contentOf(field.schema);
    const child = partOf(parent, step);
    if (child === undefined) return undefined;
    field = { schema: child, isRequired: parent.required?.includes(step) ?? false };
  }
  return field;
}

function partOf({ properties = {}, additionalProperties }: Schema, step: string) {
  if (Object.hasOwn(properties, step)) return properties[step];
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}

function contentOf(schema: Schema): Schema {
  return schema.items === undefined ? schema : contentOf(schema.items);
}

function describe(name: string, { schema, isRequired }: Field): string {
  const required = isRequired ? ", required" : "";
  const parent = contentOf(schema);
  const content =
    typeof parent.additionalProperties === "object" ? parent.additionalProperties : parent;
  const fields = Object.entries(content.properties ?? {}).map(([child, each]) => {
    const mark = content.required?.includes(child) === true ? ", required" : "";
    return `  ${child} <${typeOf(each)}${mark}>\n${wrap(each.description, "    ")}`;
  });
  const list = fields.length === 0 ? "" : `\nFields:\n${fields.join("")}`;
  return `${name} <${typeOf(schema)}${required}>\n${wrap(schema.description, "  ")}${limits(schema)}${list}`;
}

function typeOf({ type, items, additionalProperties }: Schema): string {
  if (items !== undefined) return `[]${typeOf(items)}`;
  if (typeof additionalProperties === "object") return `map of ${typeOf(additionalProperties)}`;
  return type ?? "any";
}

function limits({ enum: allowed, default: usual }: Schema): string {
  const one = Array.isArray(allowed) ? `  One of: ${allowed.join(", ")}\n` : "";
  return usual === undefined ? one : `${one}  Default: ${JSON.stringify(usual)}\n`;
}

/** Lines of at most 80 characters. */
function wrap(text = "", indent: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && indent.length + line.length + word.length >= 80) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => (each === "" ? "" : `${indent}${each}\n`)).join("");
}

function whyNot(path: string, kind: string | undefined, steps: readonly string[]): string {
  const roots = kind === undefined ? Object.values(kinds) : [kinds[kind] ?? {}];
  const depth = steps.findIndex((_, at) =>
    roots.every((root) => fieldAt(root, steps.slice(0, at + 1)) === undefined),
  );
  const known = roots.flatMap((root) => {
    const parent = fieldAt(root, steps.slice(0, depth));
    return parent === undefined ? [] : Object.keys(contentOf(parent.schema).properties ?? {});
  });
  const wrong = steps[depth] ?? "";
  return `there is no field ${path}; at ${wrong}, there are ${[...new Set(known)].join(", ")}${suggest(wrong, known)}`;
}
