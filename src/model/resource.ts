import type { LLMProvider, LLMRoute } from "../api/generated.ts";
import type { SourceDocument } from "../parse/source-document.ts";

/** A typed resource with the document that it was read from. */
export interface Resource<Kind> {
  value: Kind;
  document: SourceDocument;
}

export type ProviderResource = Resource<LLMProvider>;
export type RouteResource = Resource<LLMRoute>;

/** What validation lets through. */
export interface Resources {
  providers: ProviderResource[];
  routes: RouteResource[];
}

/** The namespace that a resource is in; where it names none, the one that kubectl would use. */
export function namespaceOf(resource: Resource<LLMProvider | LLMRoute>): string {
  return resource.value.metadata.namespace ?? "default";
}

/** `namespace/name`. */
export function fullNameOf(resource: Resource<LLMProvider | LLMRoute>): string {
  return `${namespaceOf(resource)}/${resource.value.metadata.name}`;
}
