import { compile, type Target } from "../compile.ts";
import { type Diagnostic, formatDiagnostics, hasErrors } from "../diagnostics.ts";
import type { Plan } from "../plan/plan.ts";
import { readSources } from "./read-sources.ts";

/** The plan of the resources at `paths`, or undefined where they have an error. What is wrong is printed on standard error. */
export async function compilePaths(
  paths: readonly string[],
  target: Target,
): Promise<Plan | undefined> {
  const unread: Diagnostic[] = [];
  const sources = await readSources(paths, (diagnostic) => void unread.push(diagnostic));
  const { diagnostics, plan } = compile(sources, target);
  const all = [...unread, ...diagnostics];
  process.stderr.write(formatDiagnostics(all));
  return hasErrors(all) ? undefined : plan;
}
