import { type Compilation, compile, type CompileOptions, type Target } from "../compile.ts";
import { formatDiagnostics } from "../diagnostics.ts";
import type { SourceText } from "../parse/parse.ts";
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
  return compileSources(await readSources(paths), target, { namespace }).plan;
}

/** As compilePaths, of texts, and with the rest of the result. */
export function compileSources(
  sources: readonly SourceText[],
  target: Target,
  options: CompileOptions,
): Compilation {
  const result = compile(sources, target, options);
  warn(formatDiagnostics(result.diagnostics));
  checkIsFilled(result.plan);
  return result;
}

/** Throws if there is nothing to do, as a path was probably mistaken. */
export function checkIsFilled(plan: Plan | undefined): void {
  if (plan === undefined || plan.providers.length + plan.routes.length > 0) return;
  throw new Failure("the input contains no LLMProvider and no LLMRoute", 1);
}
