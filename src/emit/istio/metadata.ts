/** The metadata that every emitted resource has. */
export interface Metadata {
  name: string;
  namespace: string;
  labels: Record<string, string>;
}

/**
 * Metadata with the label of a managed resource. The namespace is always there, as kubectl's
 * default may be another one.
 */
export function toMetadata({ name, namespace }: { name: string; namespace: string }): Metadata {
  return { name, namespace, labels: { "app.kubernetes.io/managed-by": "llm-egress" } };
}
