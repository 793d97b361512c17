// The command line: its commands and their options. Exit codes: 0 success, 1 a fault in the input
// or on the machine, 2 wrong usage.
import { Command, CommanderError, Option } from "commander";
import { addControllerOptions, controller, type ControllerCommandOptions } from "./controller.ts";
import { addEnvoyOptions, type EnvoyCommandOptions } from "./envoy-options.ts";
import { EnvoyUnavailable, Failure } from "./failure.ts";
import { addImageOptions, image, type ImageOptions } from "./image.ts";
import { mock, parsePort } from "./mock.ts";
import { addIstioOptions } from "./istio-options.ts";
import { checkOptionsOf, render, type RenderOptions, targets } from "./render.ts";
import { run } from "./run.ts";
import { print, warn } from "./terminal.ts";
import { validate } from "./validate.ts";

const program = new Command("llm-egress")
  .description("Call LLM providers from an Istio mesh without holding a key.")
  .exitOverride()
  .configureOutput({ writeOut: print, writeErr: warn })
  .showHelpAfterError("(see --help)");

program
  .command("validate")
  .description("check LLMProviders and LLMRoutes")
  .argument("<path...>", "YAML or JSON files, or directories of them")
  .action((paths: string[]) => exitWith(validate(paths)));

addIstioOptions(addEnvoyOptions(program.command("render")))
  .description("print the configuration generated from the resources")
  .argument("<path...>", "YAML or JSON files, or directories of them")
  .addOption(
    new Option("--target <target>", "what to generate configuration for")
      .choices(targets)
      .makeOptionMandatory(),
  )
  .action((paths: string[], options: RenderOptions, command: Command) => {
    checkOptionsOf(options.target, command);
    return exitWith(render(paths, options));
  });

addEnvoyOptions(program.command("run"))
  .description("run Envoy with the configuration generated from the resources")
  .argument("<path...>", "YAML or JSON files, or directories of them")
  .action((paths: string[], options: EnvoyCommandOptions) => exitWith(run(paths, options)));

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

// The reader of a pipe, such as head, may close it early, and a terminal may go away.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", ({ code, message }: NodeJS.ErrnoException) => {
    if (code === "EPIPE" || code === "EIO") return;
    process.exitCode = 1;
    if (stream === process.stdout) warn(`llm-egress: the output can't be written: ${message}\n`);
  });
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
