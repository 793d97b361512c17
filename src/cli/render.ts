import { type Command, Option } from "commander";
import { emitEnvoy, emitIstio } from "../compile.ts";
import { compilePaths } from "./compile-paths.ts";
import {
  addEnvoyOptions,
  addSourcesOption,
  type EnvoyCommandOptions,
  toEnvoyOptions,
} from "./envoy-options.ts";
import { Failure } from "./failure.ts";
import { addIstioOptions, type IstioCommandOptions, toIstioOptions } from "./istio-options.ts";
import { addNamespaceOption } from "./namespace-option.ts";
import { print } from "./terminal.ts";

export const targets = ["envoy", "istio"] as const;

export type RenderOptions = EnvoyCommandOptions &
  IstioCommandOptions & { target: (typeof targets)[number]; namespace: string };

/** Adds the options of RenderOptions to a command, those of one target in a group of their own. */
export function addRenderOptions(command: Command): Command {
  command.addOption(
    new Option("--target <target>", "what to generate configuration for (required)")
      .choices(targets)
      .makeOptionMandatory(),
  );
  addSourcesOption(addNamespaceOption(command));
  addEnvoyOptions(command.optionsGroup("Options for --target envoy:"));
  return addIstioOptions(command.optionsGroup("Options for --target istio:"));
}

/**
 * Prints the configuration for the resources at `paths`, or only diagnostics if they have an error.
 * Returns the exit code.
 */
export async function render(paths: readonly string[], options: RenderOptions): Promise<number> {
  const { target, namespace } = options;
  const plan = await compilePaths(paths, target, namespace);
  if (plan === undefined) return 1;
  const text =
    target === "istio"
      ? emitIstio(plan, toIstioOptions(options))
      : emitEnvoy(plan, toEnvoyOptions(options, plan));
  print(text);
  return 0;
}

/** The options of one target only. */
const optionsOf: Record<RenderOptions["target"], readonly string[]> = {
  envoy: ["listen", "admin", "wasm", "upstream"],
  istio: ["wasmUrl", "failStrategy", "keepTraceHeaders", "localReplies", "onlyPlugins"],
};

/** Refuses an option of another target, which would have no effect. */
export function checkOptionsOf(target: RenderOptions["target"], command: Command): void {
  const others = targets.filter((other) => other !== target);
  for (const other of others) {
    for (const name of optionsOf[other]) {
      if (command.getOptionValueSource(name) !== "cli") continue;
      const flag = command.options.find((option) => option.attributeName() === name)?.long;
      throw new Failure(`${flag ?? name} can only be used with --target ${other}`, 2);
    }
  }
}
