import type { Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";

const label = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";
const dnsLabel = new RegExp(`^${label}$`);
const dnsName = new RegExp(`^${label}(\\.${label})*$`);

/**
 * The same text for header names that Envoy (case) or the filter (what is not a letter or a digit)
 * takes for the same.
 */
export function foldHeaderName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "-");
}

/** Whether `text` is a DNS name in lower case, and not an IP address. */
export function isDnsName(text: string): boolean {
  return text.length <= 253 && dnsName.test(text) && !/(^|\.)\d+$/.test(text);
}

/** Whether `text` can name a namespace. */
export function isDnsLabel(text: string): boolean {
  return dnsLabel.test(text);
}

/** Reports a host that is not a DNS name. */
export function checkHost(host: Cursor<string>, report: Report): void {
  if (isDnsName(host.value)) return;
  const isUpperCase = isDnsName(host.value.toLowerCase());
  const message = isUpperCase
    ? `must be in lower case: ${host.value.toLowerCase()}`
    : "must be a DNS name (letters, digits, hyphens and dots) without scheme, port or wildcard, and not an IP address";
  report(host.problem("invalid_host", message));
}

/** Whether the resource has a valid name and namespace. Reports what is wrong with them. */
export function checkMetadata(resource: Cursor, report: Report): boolean {
  const metadata = resource.at("metadata");
  const name = metadata.at("name");
  const namespace = metadata.at("namespace");
  if (name.value === undefined) {
    report(metadata.problem("missing_field", "the required field name is missing", "key"));
    return false;
  }
  const isNamed =
    typeof name.value === "string" && name.value.length <= 253 && dnsName.test(name.value);
  if (!isNamed) {
    const message = "must consist of lower-case letters, digits, hyphens and dots";
    report(name.problem("invalid_name", message));
  }
  const isPlaced =
    namespace.value === undefined ||
    (typeof namespace.value === "string" && isDnsLabel(namespace.value));
  if (!isPlaced) {
    const message = "must consist of lower-case letters, digits and hyphens";
    report(namespace.problem("invalid_name", message));
  }
  return isNamed && isPlaced;
}
