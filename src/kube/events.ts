// Events, as `kubectl describe` shows them. Nothing is kept between calls.
import { randomBytes } from "node:crypto";
import type { KubeClient, KubeObject } from "./client.ts";

export interface Happening {
  type: "Normal" | "Warning";
  /** One word, such as `Ready`. */
  reason: string;
  /** At most `mostNoteBytes` of UTF-8. */
  note: string;
}

export interface Reporter {
  /** The program. */
  controller: string;
  /** The replica. */
  instance: string;
}

/** The API refuses an event with a longer note. */
export const mostNoteBytes = 1024;

/** Writes an event about an object. Rejects if it can't be written: nothing depends on it. */
export async function reportEvent(
  client: KubeClient,
  object: KubeObject,
  { type, reason, note }: Happening,
  { controller, instance }: Reporter,
): Promise<void> {
  const { apiVersion, kind } = object;
  const { namespace = "default", name, uid, resourceVersion } = object.metadata;
  const body = {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: `${name}.${randomBytes(8).toString("hex")}`, namespace },
    eventTime: new Date().toISOString().replace("Z", "000Z"),
    reportingController: controller,
    reportingInstance: instance.slice(0, 128),
    action: "Reconcile",
    regarding: { apiVersion, kind, namespace, name, uid, resourceVersion },
    type,
    reason,
    note,
  };
  const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
  await client.call({ method: "POST", path, body });
}
