import { isPath } from "../../contract/characters.ts";
import { endpointMethods } from "../../contract/endpoints.ts";
import type { OpenAIConfig } from "../api/generated.ts";
import type { Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import {
  builtInEndpoints,
  defaultEndpoints,
  endpointLines,
  isEndpointName,
} from "../model/endpoints.ts";
import { configsOf } from "../model/provider.ts";
import type { ProviderResource } from "../model/resource.ts";

const names = Object.keys(builtInEndpoints).join(", ");
const chatCompletions = "/chat/completions";

/** `spec.endpoints`: what is served, and that the policies hold there. */
export function checkEndpoints(provider: ProviderResource, report: Report): void {
  const items = provider.at("spec", "endpoints").items();
  const seen = new Map<string, string>();
  const policy = configsOf(provider).find(isPolicy);
  for (const item of items) {
    if (!checkItem(item, report)) continue;
    const key = JSON.stringify(item.value);
    if (seen.has(key)) {
      report(
        item.problem("invalid_endpoint", `is listed twice: ${seen.get(key) ?? ""} is the same`),
      );
    }
    seen.set(key, item.place());
    checkBase(item, provider, report);
    if (policy !== undefined) checkPolicy(item, report);
  }
}

/** Whether the item is one of the two forms. */
function checkItem(item: Cursor, report: Report): boolean {
  if (isEndpointName(item.value)) return true;
  if (typeof item.value !== "object" || item.value === null || Array.isArray(item.value)) {
    const message = `must be one of ${names}, or a mapping with path and methods`;
    report(item.problem("invalid_endpoint", message));
    return false;
  }
  const unknown = item.fields().filter(([name]) => name !== "path" && name !== "methods");
  for (const [, field] of unknown) {
    report(field.problem("invalid_endpoint", "unknown field; allowed: path, methods", "key"));
  }
  const isSound = [checkPath(item.at("path"), report), checkMethods(item.at("methods"), report)];
  return unknown.length === 0 && isSound.every(Boolean);
}

const maxPathLength = 256;

function checkPath(path: Cursor, report: Report): boolean {
  if (isPathPattern(path.text() ?? "")) return true;
  const message = `must be a path of at most ${maxPathLength} characters, such as /v1beta/models/*:generateContent or /api/**: segments that are neither empty nor . or .., without ?, ;, %, \\ or a space; ** only as the last segment`;
  report(path.problem("invalid_endpoint", message));
  return false;
}

function isPathPattern(text: string): boolean {
  if (!isPath(text) || /[?;%\\]/.test(text) || text.length > maxPathLength) return false;
  const segments = text.slice(1).split("/");
  const last = segments.length - 1;
  return segments.every((segment, index) => {
    if (segment === "" || segment.includes("..") || segment === ".") return false;
    return !segment.includes("**") || (segment === "**" && index === last);
  });
}

function checkMethods(methods: Cursor, report: Report): boolean {
  if (methods.value === undefined) return true;
  const listed = methods.items().map((method) => method.text() ?? "");
  const isSound = listed.length > 0 && listed.every((method) => endpointMethods.includes(method));
  if (isSound) return true;
  const message = `must be a list of ${endpointMethods.join(", ")}`;
  report(methods.problem("invalid_endpoint", message));
  return false;
}

/** All built-in endpoints but chat follow the base, which only such a path has. */
function checkBase(item: Cursor, provider: ProviderResource, report: Report): void {
  const path = provider.value.spec.path ?? chatCompletions;
  if (!isEndpointName(item.value) || item.value === "chat") return;
  if (path.split("?")[0]?.endsWith(chatCompletions) === true) return;
  const message = `needs a spec.path that ends with ${chatCompletions}, as its own path follows from it; list {path, methods} instead`;
  report(item.problem("invalid_endpoint", message));
}

/** What says which models, and how much of them, clients may use. */
function isPolicy({ value }: Cursor<OpenAIConfig>): boolean {
  const { model, models, parameters } = value;
  const parts = [parameters ?? {}, ...Object.values(parameters?.models ?? {})];
  const fields = parts.flatMap(({ overrides, limits, remove }) => [overrides, limits, remove]);
  const isManaging = fields.some((field) => Object.keys(field ?? {}).length > 0);
  return model !== undefined || models?.allow !== undefined || isManaging;
}

const untouched = / (?:any|own) /;

function checkPolicy(item: Cursor, report: Report): void {
  if (defaultEndpoints.some((name) => name === item.value)) return;
  const lines = endpointLines([item.value as string]);
  if (!lines.some((line) => untouched.test(line) && !line.startsWith("GET "))) return;
  const message =
    "bodies pass untouched here: model, models and parameters don't apply, and clients choose the model";
  report(item.problem("unenforced_policy", message, "value"));
}
