import { type Compilation, compile, type Target } from "../compile.ts";
import { formatDiagnostics } from "../diagnostics.ts";
import type { Plan } from "../plan/plan.ts";
import { Failure } from "./failure.ts";
import { readSources } from "./read-sources.ts";
import { warn } from "./terminal.ts";

/**
 * The plan of the resources at `paths`, or undefined if they have an error. Diagnostics are printed
 * on standard error. `namespace` is that of resources without one.
 */
export async function compilePaths(
  paths: readonly string[],
  target: Target,
  namespace: string,
): Promise<Plan | undefined> {
  return (await printCompilation(paths, target, namespace)).plan;
}

/** The same, with the rest of the result. */
export async function printCompilation(
  paths: readonly string[],
  target: Target,
  namespace: string,
): Promise<Compilation> {
  const result = compile(await readSources(paths), target, namespace);
  warn(formatDiagnostics(result.diagnostics));
  checkIsFilled(result.plan);
  return result;
}

/** Throws if there is nothing to do, as a path was probably mistaken. */
export function checkIsFilled(plan: Plan | undefined): void {
  if (plan === undefined || plan.providers.length + plan.routes.length > 0) return;
  throw new Failure("the input contains no LLMProvider and no LLMRoute", 1);
}
