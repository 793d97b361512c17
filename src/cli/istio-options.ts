import { type Command, InvalidArgumentError, Option } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { failStrategies, type FailStrategy, type IstioOptions } from "../emit/istio/options.ts";

/** The options of `render --target istio`, as commander gives them. */
export interface IstioCommandOptions {
  wasmUrl: string;
  failStrategy: FailStrategy;
  keepTraceHeaders: boolean;
  localReplies: boolean;
  /** Of the controller, which has the right to write EnvoyFilters only for what needs it. */
  proxies?: boolean;
  maxSources: number;
  maxModels: number;
  onlyPlugins: boolean;
}

/**
 * A registry inside the cluster, as nobody outside can take over its name: whoever serves the
 * module gets the keys. The tag is this program's version, as the module must understand the
 * rendered configuration.
 */
const defaultWasmUrl = `oci://registry.istio-system.svc.cluster.local/llm-egress:${packageJson.version}`;

/** Adds the options of IstioCommandOptions to a command. */
export function addIstioOptions(command: Command): Command {
  return command
    .option(
      "--wasm-url <url>",
      "URL from which Istio's agent pulls the filter's module: oci://, https://, http:// or file://",
      parseWasmUrl,
      defaultWasmUrl,
    )
    .addOption(
      new Option("--fail-strategy <strategy>", "what a gateway does if the filter fails")
        .choices(failStrategies)
        .default("FAIL_RELOAD"),
    )
    .option("--keep-trace-headers", "send trace headers to providers", false)
    .option(
      "--local-replies",
      "add an EnvoyFilter that gives the gateways' own error responses the form of OpenAI's",
      false,
    )
    .option(
      "--only-plugins",
      "print the WasmPlugins alone, for a mesh that makes routes and TLS of the resources itself",
      false,
    );
}

/** What the emitter needs, from the command line. */
export function toIstioOptions(command: IstioCommandOptions): IstioOptions {
  const { wasmUrl, failStrategy, maxSources, maxModels, proxies = true } = command;
  return {
    ...{ wasmUrl, failStrategy, maxSources, maxModels, proxies },
    localReplies: command.localReplies ? "openai" : "plain",
    traceHeaders: command.keepTraceHeaders ? "kept" : "removed",
    contents: command.onlyPlugins ? "plugins" : "all",
  };
}

/** A URL that Istio's agent can fetch; a digest in it must be complete. */
export function parseWasmUrl(text: string): string {
  const isKnown = /^(?:oci|https?|file):\/\/[^\s@]+(?:@sha256:[0-9a-f]{64})?$/.test(text);
  if (isKnown) return text;
  throw new InvalidArgumentError(
    "It must be an oci://, https://, http:// or file:// URL: oci://registry.example/llm-egress:0.2.0 or oci://registry.example/llm-egress@sha256:… with 64 digits.",
  );
}
