import { emitEnvoy } from "../compile.ts";
import { compilePaths } from "./compile-paths.ts";
import { toEnvoyOptions } from "./envoy-options.ts";
import type { EnvoyCommandOptions } from "./options.ts";

/** Prints Envoy's bootstrap for the resources at `paths`; nothing where they have an error. Gives the exit code. */
export async function render(
  paths: readonly string[],
  options: EnvoyCommandOptions,
): Promise<number> {
  const plan = await compilePaths(paths, "envoy");
  if (plan === undefined) return 1;
  process.stdout.write(emitEnvoy(plan, toEnvoyOptions(options, plan)));
  return 0;
}
