import { compilePaths } from "./compile-paths.ts";
import { printLine } from "./terminal.ts";

/** Validates the resources at `paths`. Returns the exit code. */
export async function validate(paths: readonly string[]): Promise<number> {
  const plan = await compilePaths(paths, "any");
  if (plan === undefined) return 1;
  const { providers, routes } = plan;
  printLine(`valid: LLMProviders ${providers.length}, LLMRoutes ${routes.length}`);
  return 0;
}
