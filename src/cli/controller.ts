// The options of `controller`. What it runs is loaded only then, as the Kubernetes client is large.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { type Command, InvalidArgumentError, Option } from "commander";
import { DEFAULT_MODELS, DEFAULT_SOURCES } from "../../contract/limits.ts";
import type { LogLevel } from "../controller/log.ts";
import type { KeyRunOptions } from "../controller/run.ts";
import type { Module } from "../controller/server.ts";
import { failStrategies, type FailStrategy, type IstioOptions } from "../emit/istio/options.ts";
import type { Endpoint } from "../plan/plan.ts";
import { parseAddress, parseModels, parseSources } from "./envoy-options.ts";
import { Failure, reasonOf } from "./failure.ts";
import { parseWasmUrl, toIstioOptions } from "./istio-options.ts";
import { addKeyOptions, type KeyCommandOptions } from "./key-options.ts";
import { moduleFile } from "./locations.ts";
import { printLine } from "./terminal.ts";

export interface ControllerCommandOptions extends KeyCommandOptions {
  namespace: string;
  leaseName: string;
  identity: string;
  listen: Endpoint;
  webhookListen?: Endpoint;
  service: string;
  wasm?: string;
  wasmUrl?: string;
  failStrategy: FailStrategy;
  keepTraceHeaders: boolean;
  localReplies: boolean;
  proxies: boolean;
  maxSources: number;
  maxModels: number;
  pruneAll: boolean;
  logLevel: LogLevel;
}

/** Adds the options of ControllerCommandOptions to a command. */
export function addControllerOptions(command: Command): Command {
  const { POD_NAMESPACE = "llm-egress-system", POD_NAME = hostname() } = process.env;
  const address = "0.0.0.0:8080";
  return addKeyOptions(addModuleOptions(command))
    .option("--namespace <namespace>", "its own namespace", parseName, POD_NAMESPACE)
    .option("--lease-name <name>", "the Lease that elects the leader", parseName, "llm-egress")
    .option("--identity <name>", "the name of this replica", POD_NAME)
    .addOption(
      new Option("--listen <host:port>", "address of its HTTP server")
        .argParser(parseAddress)
        .default(parseAddress(address), address),
    )
    .option("--webhook-listen <host:port>", "serve the validating webhook here", parseAddress)
    .option("--keep-trace-headers", "send trace headers to providers", false)
    .option(
      "--local-replies",
      "give the gateways' own error responses the form of OpenAI's, by an EnvoyFilter",
      false,
    )
    .option("--proxies", "let providers have proxies, to which EnvoyFilters lead", false)
    .option(
      "--max-sources <count>",
      "callers that metrics distinguish",
      parseSources,
      DEFAULT_SOURCES,
    )
    .option(
      "--max-models <count>",
      "models that only clients name and metrics distinguish",
      parseModels,
      DEFAULT_MODELS,
    )
    .option("--prune-all", "delete everything although no resource is left", false)
    .addOption(
      new Option("--log-level <level>", "the least level that is logged")
        .choices(["debug", "info", "warn", "error"])
        .default("info"),
    );
}

function addModuleOptions(command: Command): Command {
  return command
    .option("--wasm <file>", "the filter's module (default: llm-egress.wasm next to this program)")
    .option(
      "--service <name>",
      "the Service of all replicas: gateways load the module from it, on the port of --listen",
      parseName,
      "llm-egress",
    )
    .option(
      "--wasm-url <url>",
      "have gateways load the module from here, and not from the controller",
      parseWasmUrl,
    )
    .addOption(
      new Option("--fail-strategy <strategy>", "what a gateway does if the filter fails")
        .choices(failStrategies)
        .default("FAIL_RELOAD"),
    );
}

/** Runs the controller until a signal, or until another replica leads. Gives the exit code. */
export async function controller(options: ControllerCommandOptions): Promise<number> {
  const { namespace, leaseName, identity, listen, pruneAll, logLevel } = options;
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  const module = await readModule(moduleFile(options.wasm));
  const istio = istioOptionsOf(options, module);
  const { runController } = await import("../controller/run.ts");
  const run = {
    namespace,
    leaseName,
    identity,
    listen,
    webhook: webhookOf(options),
    module,
    istio,
    pruneAll,
    logLevel,
    print: printLine,
    keys: keyOptionsOf(options),
  };
  const result = await runController(run, stop.signal).catch((error: unknown) => {
    throw new Failure(`the controller can't start: ${reasonOf(error)}`, 1);
  });
  return result === "lost" ? 1 : 0;
}

/** The API server calls a Service by this name. */
function webhookOf({ webhookListen, service, namespace }: ControllerCommandOptions) {
  const host = `${service}.${namespace}.svc`;
  return webhookListen === undefined ? undefined : { listen: webhookListen, host };
}

function istioOptionsOf(options: ControllerCommandOptions, { sha256 }: Module): IstioOptions {
  const { service, namespace, listen, keysListen, wasmUrl } = options;
  const whole = { ...options, onlyPlugins: false };
  const host = `${service}.${namespace}.svc.cluster.local`;
  const keyCluster = `outbound|${keysListen.port}||${host}`;
  if (wasmUrl !== undefined) return { ...toIstioOptions({ ...whole, wasmUrl }), keyCluster };
  const url = `http://${host}:${listen.port}/${sha256}/llm-egress.wasm`;
  return { ...toIstioOptions({ ...whole, wasmUrl: url }), wasmSha256: sha256, keyCluster };
}

function keyOptionsOf(options: ControllerCommandOptions): KeyRunOptions {
  const { keysListen, namespace, serviceAccount, podIp } = options;
  const { trustDomain, istiod, meshRoot, meshToken, meshCertificateSeconds } = options;
  return {
    ...{ ...keysListen, trustDomain, istiod, rootFile: meshRoot, tokenFile: meshToken },
    own: { namespace, serviceAccount },
    certificateSeconds: meshCertificateSeconds,
    address: podIp === "" ? "" : formatAddress({ host: podIp, port: keysListen.port }),
  };
}

function formatAddress({ host, port }: Endpoint): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

async function readModule(file: string): Promise<Module> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new Failure(`${reasonOf(error)}; specify the filter's module with --wasm`, 2);
  });
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

function parseName(text: string): string {
  if (/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(text)) return text;
  throw new InvalidArgumentError("It must be the name of a Kubernetes object.");
}
