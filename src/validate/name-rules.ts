import type { Path, Report } from "../diagnostics.ts";
import type { SourceDocument } from "../parse/source-document.ts";

const label = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
const dnsLabel = new RegExp(`^${label}$`);
const dnsName = new RegExp(`^${label}(\\.${label})*$`);

/** Whether `text` is a DNS name in lower case, and no IP address. */
export function isDnsName(text: string): boolean {
  return text.length <= 253 && dnsName.test(text) && !/(^|\.)\d+$/.test(text);
}

/** Whether `text` can name a namespace. */
export function isDnsLabel(text: string): boolean {
  return dnsLabel.test(text);
}

/** Reports a host that is no DNS name. */
export function checkHost(
  document: SourceDocument,
  path: Path,
  host: string,
  report: Report,
): void {
  if (isDnsName(host)) return;
  const isUpperCase = isDnsName(host.toLowerCase());
  const message = isUpperCase
    ? `must be in lower case: ${host.toLowerCase()}`
    : "must be a DNS name: letters, digits, hyphens and dots, without scheme, port or wildcard, and no IP address";
  report(document.problem("invalid_host", path, message));
}

/** Whether the resource can be named; reports where it can't. */
export function checkMetadata(document: SourceDocument, report: Report): boolean {
  const { metadata } = document.value as { metadata?: Record<string, unknown> };
  if (metadata?.name === undefined) {
    report(
      document.problem("missing_field", ["metadata"], "the required field name is missing", "key"),
    );
    return false;
  }
  const { name, namespace } = metadata;
  const isNamed = typeof name === "string" && name.length <= 253 && dnsName.test(name);
  if (!isNamed) {
    const message = "must be a name of lower-case letters, digits, hyphens and dots";
    report(document.problem("invalid_name", ["metadata", "name"], message));
  }
  const isPlaced =
    namespace === undefined || (typeof namespace === "string" && isDnsLabel(namespace));
  if (!isPlaced) {
    const message = "must be a name of lower-case letters, digits and hyphens";
    report(document.problem("invalid_name", ["metadata", "namespace"], message));
  }
  return isNamed && isPlaced;
}
