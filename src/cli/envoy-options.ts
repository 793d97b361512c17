import { existsSync } from "node:fs";
import type { EnvoyOptions } from "../emit/envoy/options.ts";
import type { Plan } from "../plan/plan.ts";
import { Failure } from "./failure.ts";
import { moduleFile } from "./module-file.ts";
import type { EnvoyCommandOptions } from "./options.ts";

/** What the emitter needs, from the command line and this machine. */
export function toEnvoyOptions(command: EnvoyCommandOptions, plan: Plan): EnvoyOptions {
  checkUpstreams(command, plan);
  return {
    listen: command.listen,
    admin: command.admin,
    wasmFile: moduleFile(command.wasm),
    caBundle: findAuthorities(),
    upstreams: command.upstream,
    maxSources: command.maxSources,
  };
}

function checkUpstreams({ upstream }: EnvoyCommandOptions, { providers }: Plan): void {
  const hosts = providers.map((provider) => provider.host);
  for (const host of upstream.keys()) {
    if (hosts.includes(host)) continue;
    throw new Failure(
      `--upstream: no LLMProvider has the host ${host}; there is ${hosts.join(", ")}`,
      2,
    );
  }
}

/** Where distributions keep the certificate authorities that they trust. */
const bundles = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/cert.pem",
];

function findAuthorities(): string {
  const [usual = ""] = bundles;
  const candidates = [process.env.SSL_CERT_FILE ?? "", ...bundles];
  return candidates.find((file) => file !== "" && existsSync(file)) ?? usual;
}
