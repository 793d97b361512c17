import type { Resources } from "../model/resource.ts";
import type { Path, Report } from "../diagnostics.ts";
import type { SourceDocument } from "../parse/source-document.ts";
import { listAt, ofKind, textAt } from "./read-value.ts";

/**
 * Istio compares hosts as a whole, port included, while it routes `host:80` like `host`: a policy that forbids one spelling alone can be
 * walked around.
 */
export function checkPolicies(
  { routes }: Resources,
  context: readonly SourceDocument[],
  report: Report,
): void {
  const hosts = new Set(routes.map((route) => route.value.spec.host));
  for (const document of ofKind(context, "security.istio.io", "AuthorizationPolicy")) {
    for (const { list, path } of hostLists(document.value)) {
      for (const host of hosts) checkList(host, { list, path, document }, report);
    }
  }
}

interface HostList {
  /** As Istio has them: exact, `prefix*`, `*suffix` or `*`. */
  list: string[];
  path: Path;
}

/** The lists by which a policy lets go what is not on them, or forbids what is: with these, a spelling that was forgotten passes. */
function hostLists(policy: unknown): HostList[] {
  const action = textAt(policy, ["spec", "action"]) ?? "ALLOW";
  const field = action === "ALLOW" ? "notHosts" : "hosts";
  if (action === "AUDIT") return [];
  return listAt(policy, ["spec", "rules"]).flatMap((rule, nth) =>
    listAt(rule, ["to"]).map((to, index): HostList => {
      const hosts = listAt(to, ["operation", field]);
      return {
        list: hosts.map((host) => (typeof host === "string" ? host : "")),
        path: ["spec", "rules", nth, "to", index, "operation", field],
      };
    }),
  );
}

function checkList(
  host: string,
  { list, path, document }: HostList & { document: SourceDocument },
  report: Report,
): void {
  const named = list.findIndex((pattern) => matches(pattern, host));
  if (named < 0 || list.some((pattern) => matches(pattern, `${host}:80`))) return;
  const message = `does not mean ${host}:80, which leads to the same place; add "${host}:*" (our filter answers 421 to it all the same)`;
  report(document.problem("host_without_port", [...path, named], message));
}

function matches(pattern: string, host: string): boolean {
  const text = pattern.toLowerCase();
  if (text === "*") return true;
  if (text.endsWith("*")) return host.startsWith(text.slice(0, -1));
  return text.startsWith("*") ? host.endsWith(text.slice(1)) : host === text;
}
