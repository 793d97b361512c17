// The options of `controller` about the key connection.
import { type Command, InvalidArgumentError } from "commander";
import type { Endpoint } from "../plan/plan.ts";
import { parseAddress, parseCount } from "./envoy-options.ts";

export interface KeyCommandOptions {
  keysListen: Endpoint;
  podIp: string;
  serviceAccount: string;
  trustDomain: string;
  istiod: string;
  meshRoot: string;
  meshToken: string;
  meshCertificateSeconds: number;
}

/** Adds the options of KeyCommandOptions to a command. */
export function addKeyOptions(command: Command): Command {
  const { POD_IP = "", SERVICE_ACCOUNT = "llm-egress" } = process.env;
  return command
    .option(
      "--keys-listen <host:port>",
      "address at which gateways get keys, over mutual TLS of the mesh",
      parseAddress,
      parseAddress("0.0.0.0:8443"),
    )
    .option("--pod-ip <address>", "address at which other replicas reach this one", POD_IP)
    .option("--service-account <name>", "its own ServiceAccount", SERVICE_ACCOUNT)
    .option("--trust-domain <name>", "the mesh's trust domain", parseDomain, "cluster.local")
    .option(
      "--istiod <url>",
      "where istiod issues certificates",
      parseHttps,
      "https://istiod.istio-system.svc:15012",
    )
    .option(
      "--mesh-root <file>",
      "the mesh's root certificates",
      "/var/run/secrets/istio/root-cert.pem",
    )
    .option(
      "--mesh-token <file>",
      "a token of the ServiceAccount for istiod",
      "/var/run/secrets/tokens/istio-token",
    )
    .option(
      "--mesh-certificate-seconds <count>",
      "how long the mesh certificate is requested for",
      parseCount,
      86_400,
    );
}

function parseDomain(text: string): string {
  if (/^[\w.-]+$/.test(text)) return text;
  throw new InvalidArgumentError("It must be a domain, such as cluster.local.");
}

function parseHttps(text: string): string {
  if (/^https:\/\/[^\s/@]+$/.test(text)) return text;
  throw new InvalidArgumentError("It must be an https:// URL without a path.");
}
