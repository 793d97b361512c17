/** Whom a resource belongs to: what it has in common with the resource that it comes from. */
export interface Metadata {
  name: string;
  namespace: string;
  labels: Record<string, string>;
}

/**
 * The metadata of a resource that we own. The namespace is always written: kubectl's own default
 * may be another one.
 */
export function toMetadata({ name, namespace }: { name: string; namespace: string }): Metadata {
  return { name, namespace, labels: { "app.kubernetes.io/managed-by": "llm-egress" } };
}
