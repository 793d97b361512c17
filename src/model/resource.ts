import type { LLMProvider, LLMRoute } from "../api/generated.ts";
import type { Cursor } from "./cursor.ts";

export type ProviderResource = Cursor<LLMProvider>;
export type RouteResource = Cursor<LLMRoute>;

/** What validation lets through. */
export interface Resources {
  providers: readonly ProviderResource[];
  routes: readonly RouteResource[];
}

/** `namespace/name`. */
export function fullNameOf({ resource }: Cursor): string {
  return `${resource.namespace}/${resource.name}`;
}
