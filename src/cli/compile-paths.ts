import { compile, type Target } from "../compile.ts";
import { formatDiagnostics } from "../diagnostics.ts";
import type { SourceText } from "../parse/parse.ts";
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
  return compileSources(await readSources(paths), target);
}

/** As compilePaths, of texts. */
export function compileSources(
  sources: readonly SourceText[],
  target: Target,
  options: Parameters<typeof compile>[2] = {},
): Plan | undefined {
  const { diagnostics, plan } = compile(sources, target, options);
  warn(formatDiagnostics(diagnostics));
  if (plan !== undefined && plan.providers.length + plan.routes.length === 0) {
    throw new Failure("the input contains no LLMProvider and no LLMRoute", 1);
  }
  return plan;
}
