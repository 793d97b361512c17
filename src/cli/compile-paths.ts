import { compile, type Target } from "../compile.ts";
import { formatDiagnostics } from "../diagnostics.ts";
import type { Plan } from "../plan/plan.ts";
import { Failure } from "./failure.ts";
import { readSources } from "./read-sources.ts";
import { warn } from "./terminal.ts";

/**
 * The plan of the resources at `paths`, or undefined if they have an error. Diagnostics are printed
 * on standard error.
 */
export async function compilePaths(
  paths: readonly string[],
  target: Target,
): Promise<Plan | undefined> {
  const { diagnostics, plan } = compile(await readSources(paths), target);
  warn(formatDiagnostics(diagnostics));
  if (plan !== undefined && plan.providers.length + plan.routes.length === 0) {
    throw new Failure("the input contains no LLMProvider and no LLMRoute", 1);
  }
  return plan;
}
