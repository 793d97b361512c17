// A gateway's question for keys, and how one replica passes it on to another. Pure.
import { isToken } from "../../contract/characters.ts";
import type { Caller } from "./caller.ts";

/** Who polls, and what it has. */
export interface Poll {
  caller: Caller;
  /** The pod's. */
  address: string;
  /** The version that it has. Empty if it has none. */
  version: string;
  /** The revision of the configuration in force. */
  config: string;
}

export const keysPath = "/v1/keys";

/** What a replica says of the gateway whose poll it forwards. */
export const forwardedHeader = "x-llm-egress-forwarded-for";

/** `NAMESPACE/SERVICE_ACCOUNT ADDRESS`. */
export function writeForwarded({ caller, address }: Poll): string {
  return `${caller.namespace}/${caller.serviceAccount} ${address}`;
}

/** Reads the header. Undefined if it is missing, or has another form. */
export function readForwarded(
  value: string | string[] | undefined,
): Pick<Poll, "caller" | "address"> | undefined {
  const form = /^([a-z0-9-]+)\/([a-z0-9.-]+) ([0-9a-f.:]+)$/;
  const [, namespace, serviceAccount, address] = form.exec(String(value)) ?? [];
  if (namespace === undefined || serviceAccount === undefined || address === undefined) return;
  return { caller: { namespace, serviceAccount }, address };
}

/** Whether a text can name a configuration, as `revisionOf` makes them. */
export function isRevision(text: string): boolean {
  return text.length <= 64 && isToken(text);
}
