// The command line: its commands and their options. Exit codes: 0 success, 1 a fault in the input
// or on the machine, 2 wrong usage.
import { Command, CommanderError, type Option } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { addControllerOptions, controller, type ControllerCommandOptions } from "./controller.ts";
import { diff, type DiffCommandOptions } from "./diff.ts";
import { addEnvoyOptions, addSourcesOption } from "./envoy-options.ts";
import { explain } from "./explain.ts";
import { EnvoyUnavailable, Failure } from "./failure.ts";
import { addImageOptions, image, type ImageOptions } from "./image.ts";
import { addInitOptions, init } from "./init.ts";
import { addIstioOptions } from "./istio-options.ts";
import { mock, parsePort } from "./mock.ts";
import { addNamespaceOption } from "./namespace-option.ts";
import { addRenderOptions, checkOptionsOf, render, type RenderOptions } from "./render.ts";
import { run, type RunCommandOptions } from "./run.ts";
import { print, warn } from "./terminal.ts";
import { addValidateOptions, validate, type ValidateCommandOptions } from "./validate.ts";

const program = new Command("llm-egress")
  .description("Call LLM providers from an Istio mesh without holding a key.")
  .version(packageJson.version)
  .exitOverride()
  .configureOutput({ writeOut: print, writeErr: warn })
  .showHelpAfterError("(see --help)");

const paths = [
  "<path...>",
  "YAML or JSON files, or directories of them; - is standard input",
] as const;

addInitOptions(program.command("init"))
  .description("print an LLMProvider and an LLMRoute to begin with")
  .action((name: string, options: { namespace: string }) => {
    process.exitCode = init(name, options);
  });

addValidateOptions(program.command("validate"))
  .description("check LLMProviders and LLMRoutes")
  .argument(...paths)
  .action((files: string[], options: ValidateCommandOptions) => exitWith(validate(files, options)));

program
  .command("explain")
  .description("print what a field of the resources is")
  .argument("<field>", "such as LLMProvider.spec.host, or the path that a diagnostic has")
  .action((field: string) => {
    process.exitCode = explain(field);
  });

addRenderOptions(program.command("render"))
  .description("print the configuration generated from the resources")
  .argument(...paths)
  .action((files: string[], options: RenderOptions, command: Command) => {
    checkOptionsOf(options.target, command);
    return exitWith(render(files, options));
  });

addIstioOptions(addSourcesOption(addNamespaceOption(program.command("diff"))))
  .description("print what `render --target istio` would change in the cluster, by kubectl diff")
  .argument(...paths)
  .action((files: string[], options: DiffCommandOptions) => exitWith(diff(files, options)));

addEnvoyOptions(addSourcesOption(addNamespaceOption(program.command("run"))))
  .description("run Envoy with the configuration generated from the resources")
  .argument(...paths)
  .option(
    "--secrets <directory>",
    "take apiKeySecretRef from a directory of Secrets, as mounted: the file NAME/KEY has the key",
  )
  .action((files: string[], options: RunCommandOptions) => exitWith(run(files, options)));

addControllerOptions(program.command("controller"))
  .description("keep a mesh up to date with the LLMProviders and LLMRoutes of its cluster")
  .action((options: ControllerCommandOptions) => exitWith(controller(options)));

addImageOptions(program.command("image"))
  .description("write the filter's module as an OCI image, for a registry that Istio pulls from")
  .argument("<directory>", "directory of the OCI image layout")
  .action((directory: string, options: ImageOptions) => exitWith(image(directory, options)));

program
  .command("mock")
  .description("run a mock provider")
  .option("--host <address>", "address to listen on", "127.0.0.1")
  .option("--port <port>", "port to listen on", parsePort, 8081)
  .option("--api-key <key>", "reject requests with any other key (default: accept any key)")
  .action((options: Parameters<typeof mock>[0]) => exitWith(mock(options)));

for (const { options } of program.commands) for (const each of options) plainDefault(each);

// The reader of a pipe, such as head, may close it early, and a terminal may go away.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    if (code === "EPIPE" || code === "EIO") return;
    process.exitCode = 1;
    if (stream === process.stdout) warn(`llm-egress: the output can't be written: ${message}\n`);
  });
}

/** In help, a default is as one would type it, and a flag has none. */
function plainDefault(option: Option): void {
  const { defaultValue } = option as { defaultValue?: unknown };
  if (typeof defaultValue === "string") option.defaultValueDescription ??= defaultValue;
  if (defaultValue === false) option.defaultValue = undefined;
}

async function exitWith(code: Promise<number>): Promise<void> {
  process.exitCode = (await code) || (process.exitCode ?? 0);
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}

function exitCodeOf(error: unknown): number {
  // Commander has already printed its message. It throws for --help as well.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Failure || error instanceof EnvoyUnavailable) {
    warn(`llm-egress: ${error.message}\n`);
    return error instanceof Failure ? error.exitCode : 1;
  }
  // A file, a folder or a socket that the machine does not give. Its message names it.
  if (error instanceof Error && "syscall" in error) {
    warn(`llm-egress: ${error.message}\n`);
    return 1;
  }
  // A fault of the program itself.
  warn(`llm-egress: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}
