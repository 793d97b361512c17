// Who calls, by the certificate. Pure.

/** A ServiceAccount of the mesh. */
export interface Caller {
  namespace: string;
  serviceAccount: string;
}

/** `spiffe://TRUST_DOMAIN/ns/NAMESPACE/sa/NAME`. */
export function spiffeIdOf({ namespace, serviceAccount }: Caller, trustDomain: string): string {
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}

/**
 * The caller that a certificate names: its only subject alternative name is a SPIFFE identity of the
 * trust domain. Undefined for all others.
 *
 * `subjectAltName` is node's text of all names, as `TYPE:VALUE, TYPE:VALUE`. Node quotes a value
 * that could be taken for several names.
 */
export function callerOf(
  subjectAltName: string | undefined,
  trustDomain: string,
): Caller | undefined {
  const names = /^URI:spiffe:\/\/([\w.-]+)\/ns\/([a-z0-9-]+)\/sa\/([a-z0-9.-]+)$/;
  const [, domain, namespace, serviceAccount] = names.exec(subjectAltName ?? "") ?? [];
  if (domain !== trustDomain || namespace === undefined || serviceAccount === undefined) return;
  return { namespace, serviceAccount };
}
