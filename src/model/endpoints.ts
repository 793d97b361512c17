// The endpoints that a provider may serve: by their names in `spec.endpoints`, each as the lines that
// the filter reads (contract/endpoints.ts). Pure.
import type { LLMProvider } from "../api/generated.ts";

/** What follows the provider's base, the part of `spec.path` before /chat/completions. */
export const builtInEndpoints = {
  chat: ["POST completions /chat/completions"],
  completions: ["POST completions /completions"],
  embeddings: ["POST model /embeddings"],
  responses: [
    "POST responses /responses",
    "POST responses /responses/compact",
    "POST free /responses/input_tokens",
    "GET,DELETE none /responses/*",
    "GET none /responses/*/input_items",
    "POST any /responses/*/cancel",
  ],
  images: ["POST model /images/generations"],
  models: ["GET list /models", "GET none /models/**"],
  messages: ["POST messages /messages", "POST free /messages/count_tokens"],
  audio: [
    "POST any /audio/transcriptions",
    "POST any /audio/translations",
    "POST free /audio/speech",
  ],
  "image-edits": ["POST any /images/edits", "POST any /images/variations"],
  files: [
    "GET none /files",
    "POST any /files",
    "GET,DELETE none /files/*",
    "GET none /files/*/content",
    "POST any /uploads",
    "POST any /uploads/*/parts",
    "POST any /uploads/*/complete",
    "POST any /uploads/*/cancel",
  ],
  batches: [
    "GET none /batches",
    "POST any /batches",
    "GET none /batches/*",
    "POST any /batches/*/cancel",
  ],
  rerank: ["POST model /rerank"],
  moderations: ["POST free /moderations"],
  fim: ["POST completions /fim/completions"],
  beta: ["POST completions /beta/chat/completions", "POST completions /beta/completions"],
} as const;

export type EndpointName = keyof typeof builtInEndpoints;

/** Served if `spec.endpoints` is absent. */
export const defaultEndpoints: readonly EndpointName[] = [
  ...(["chat", "completions", "embeddings", "responses", "images", "models"] as const),
];

type Item = NonNullable<LLMProvider["spec"]["endpoints"]>[number];

/** Whether `name` is that of a built-in endpoint. */
export function isEndpointName(name: unknown): name is EndpointName {
  return typeof name === "string" && Object.hasOwn(builtInEndpoints, name);
}

/** The lines of a list of endpoints, in its order. The list is valid. */
export function endpointLines(items: readonly Item[] = defaultEndpoints): string[] {
  const lines = items.flatMap((item): readonly string[] => {
    if (isEndpointName(item)) return builtInEndpoints[item];
    if (typeof item === "string") return [];
    return [`${(item.methods ?? ["POST"]).join(",")} own ${item.path}`];
  });
  return [...new Set(lines)];
}
