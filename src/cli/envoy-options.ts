import { existsSync } from "node:fs";
import { isIP } from "node:net";
import { type Command, InvalidArgumentError, Option } from "commander";
import { DEFAULT_SOURCES, MAX_SOURCES } from "../../contract/limits.ts";
import type { EnvoyOptions, Upstream } from "../emit/envoy/options.ts";
import type { Endpoint, Plan } from "../plan/plan.ts";
import { suggest } from "../validate/nearest.ts";
import { Failure } from "./failure.ts";
import { moduleFile } from "./locations.ts";

/** The options that `render --target envoy` and `run` share, as commander gives them. */
export interface EnvoyCommandOptions {
  listen: Endpoint;
  admin?: Endpoint;
  wasm?: string;
  upstream: ReadonlyMap<string, Upstream>;
  maxSources: number;
}

/** Adds the options of EnvoyCommandOptions to a command, but `--max-sources`. */
export function addEnvoyOptions(command: Command): Command {
  const usual = "127.0.0.1:10000";
  return command
    .addOption(
      new Option("--listen <host:port>", "address for requests")
        .argParser(parseAddress)
        .default(parseAddress(usual), usual),
    )
    .option(
      "--admin <host:port>",
      "address of Envoy's admin interface, for metrics (default: none)",
      parseAddress,
    )
    .option("--wasm <file>", "the filter's module (default: llm-egress.wasm next to this program)")
    .addOption(
      new Option(
        "--upstream <host=url>",
        "send a provider's traffic to URL, e.g. api.example.com=http://127.0.0.1:8081; repeatable",
      )
        .argParser(addUpstream)
        .default(new Map<string, Upstream>(), "none"),
    );
}

/** Adds `--max-sources`, which both targets have. */
export function addSourcesOption(command: Command): Command {
  return command.option(
    "--max-sources <count>",
    "how many callers metrics distinguish; all others count as `other`",
    parseCount,
    DEFAULT_SOURCES,
  );
}

/** A whole number from 1 to MAX_SOURCES: each caller costs a set of time series in every worker. */
export function parseCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MAX_SOURCES) return count;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_SOURCES}.`);
}

/** `HOST:PORT` with an IP address, in brackets if it is IPv6, or localhost. */
export function parseAddress(text: string): Endpoint {
  const [, bracketed, plain, digits] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(text) ?? [];
  const host = plain === "localhost" ? "127.0.0.1" : (bracketed ?? plain ?? "");
  const port = Number(digits);
  const isAddress = isIP(host) === (bracketed === undefined ? 4 : 6);
  if (!isAddress || port < 1 || port > 65_535) {
    throw new InvalidArgumentError(
      "It must be an IP address or localhost, and a port: 127.0.0.1:10000 or [::1]:10000.",
    );
  }
  return { host, port };
}

/** `HOST=URL`, added to the previous ones. */
export function addUpstream(
  text: string,
  previous: ReadonlyMap<string, Upstream>,
): Map<string, Upstream> {
  const separator = text.indexOf("=");
  const url = parseUrl(text.slice(separator + 1));
  if (separator < 1 || url === undefined) {
    throw new InvalidArgumentError(
      "It must be HOST=URL with an http or https URL without a path: api.example.com=http://127.0.0.1:8081.",
    );
  }
  return new Map(previous).set(text.slice(0, separator).toLowerCase(), url);
}

function parseUrl(text: string): Upstream | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isPlain =
    url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "";
  if (!isPlain || (url.protocol !== "http:" && url.protocol !== "https:")) return undefined;
  const tls = url.protocol === "https:";
  const port = url.port === "" ? (tls ? 443 : 80) : Number(url.port);
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port, tls };
}

/** What the emitter needs, from the command line and this machine. */
export function toEnvoyOptions(command: EnvoyCommandOptions, plan: Plan): EnvoyOptions {
  checkUpstreams(command, plan);
  return {
    listen: command.listen,
    ...(command.admin === undefined ? {} : { admin: command.admin }),
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
      `--upstream: there is no LLMProvider with the host ${host}; the hosts are ${hosts.join(", ")}${suggest(host, hosts)}`,
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
