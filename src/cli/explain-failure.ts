// What Envoy's response code details mean for the person who runs it, if Envoy itself failed.

/** The first pattern that matches is used. */
const causes: [pattern: RegExp, cause: string][] = [
  [/^no_healthy_upstream/, "the provider's host has no address; check its name, DNS and network"],
  [/^cluster_not_found/, "no LLMProvider has the host that the rule leads to"],
  [/Connection_refused/, "nothing listens at the provider's address"],
  [/CERTIFICATE_VERIFY_FAILED/, "the provider's certificate is not trusted; see SSL_CERT_FILE"],
  [/TLS_error/, "the provider's port does not speak TLS as expected"],
  [
    /Network_is_unreachable|No_route_to_host/,
    "there is no network route to the provider's address",
  ],
  [
    /connection_timeout|Connection_timed_out/,
    "the provider's address does not accept connections; check the network and its firewall",
  ],
];

/** The cause of a failure, or undefined if the details say enough. */
export function explainFailure(details: string): string | undefined {
  return causes.find(([pattern]) => pattern.test(details))?.[1];
}
