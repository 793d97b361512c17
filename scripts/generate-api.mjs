// Makes src/api/generated.ts of the CRDs in deploy/crds: TypeScript interfaces and the two schemas.
import { readFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";
import { format } from "prettier";
import { parse } from "yaml";

const kinds = [
  { file: "deploy/crds/llmproviders.yaml", kind: "LLMProvider", constant: "llmProviderSchema" },
  { file: "deploy/crds/llmroutes.yaml", kind: "LLMRoute", constant: "llmRouteSchema" },
];

/** The names of the nested types that the compiler uses, by the field that contains them. */
const typeNames = {
  configs: "ProviderConfigs",
  defaultConfig: "ProviderConfig",
  openAIConfig: "OpenAIConfig",
  apiKeySecretRef: "SecretRef",
  apiKeys: "ApiKey",
  parameters: "ParametersConfig",
  models: "ModelsConfig",
  rules: "RouteRule",
  matches: "RouteMatch",
  headers: "StringMatch",
  backendRefs: "RouteBackend",
  backendRef: "BackendReference",
};

const preamble = `// Generated from deploy/crds by \`npm run generate\`: change the CRDs instead.

/** A structural schema as Kubernetes has it in a CustomResourceDefinition, without CEL rules. */
export interface Schema {
  type?: string;
  description?: string;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  [keyword: string]: unknown;
}
`;

/** The text of src/api/generated.ts. */
export async function generateApi() {
  let text = preamble;
  for (const { file, kind, constant } of kinds) {
    const schema = await readSchema(file);
    const literal = JSON.stringify(bare(schema));
    text += `\n${await interfacesOf(schema, kind)}`;
    text += `\n/** The schema of ${kind}. */\nexport const ${constant}: Schema = ${literal};\n`;
  }
  return format(text, { parser: "typescript", ...JSON.parse(await readFile(".prettierrc.json")) });
}

async function readSchema(file) {
  const crd = parse(await readFile(file, "utf8"));
  const schema = crd.spec.versions[0].schema.openAPIV3Schema;
  // A name or a mapping, for which the compiler has its own rules.
  const { endpoints } = schema.properties.spec.properties;
  if (endpoints) endpoints.items = { "x-kubernetes-preserve-unknown-fields": true };
  return schema;
}

function interfacesOf(schema, kind) {
  schema.required = ["apiVersion", "kind", "metadata", "spec"];
  schema.properties.metadata.tsType =
    "{ name: string; namespace?: string; [field: string]: unknown }";
  const { endpoints } = schema.properties.spec.properties;
  if (endpoints) endpoints.items.tsType = "(string | { path: string; methods?: string[] })";
  nameTypes(schema, new Set());
  return compile(schema, kind, {
    bannerComment: "",
    additionalProperties: false,
    format: false,
    ignoreMinAndMaxItems: true,
  });
}

function nameTypes(schema, seen) {
  if (seen.has(schema)) return;
  seen.add(schema);
  if (schema["x-kubernetes-preserve-unknown-fields"]) schema.additionalProperties = true;
  for (const [field, child] of Object.entries(schema.properties ?? {})) {
    const named = child.items ?? (child.properties ? child : child.additionalProperties);
    // An LLMProvider's `headers` is not the map of an LLMRoute.
    const isOther = field === "headers" && child.properties;
    // Of parameters, the field is a map by models.
    const isMap = field === "models" && !child.properties;
    if (isMap) named.title = "ModelParameters";
    else if (typeNames[field] && named.properties && !isOther) named.title = typeNames[field];
    nameTypes(child, seen);
  }
  for (const child of [schema.items, schema.additionalProperties]) {
    if (typeof child === "object") nameTypes(child, seen);
  }
}

function bare(value) {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([key, field]) => !isAnnotation(key, field));
  return Object.fromEntries(fields.map(([key, field]) => [key, bare(field)]));
}

/**
 * Whether a member of a schema is for the API server or the types only. A property may itself be
 * called `title`; it is then an object. CEL rules are left to the API server, as the compiler has
 * its own rules.
 */
function isAnnotation(key, field) {
  if (key === "x-kubernetes-validations") return true;
  return ["title", "tsType"].includes(key) && typeof field === "string";
}
