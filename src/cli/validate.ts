import { type Command, Option } from "commander";
import { compile } from "../compile.ts";
import { type Diagnostic, hasErrors, sortDiagnostics } from "../diagnostics.ts";
import { checkIsFilled, compilePaths } from "./compile-paths.ts";
import { addNamespaceOption } from "./namespace-option.ts";
import { readSources } from "./read-sources.ts";
import { printLine } from "./terminal.ts";

export interface ValidateCommandOptions {
  namespace: string;
  output: "text" | "json";
}

/** Adds the options of ValidateCommandOptions to a command. */
export function addValidateOptions(command: Command): Command {
  return addNamespaceOption(command).addOption(
    new Option(
      "-o, --output <format>",
      "text for people on standard error, or JSON on standard output",
    )
      .choices(["text", "json"])
      .default("text"),
  );
}

/** Validates the resources at `paths`. Returns the exit code. */
export async function validate(
  paths: readonly string[],
  { namespace, output }: ValidateCommandOptions,
): Promise<number> {
  if (output === "json") return validateAsJson(paths, namespace);
  const plan = await compilePaths(paths, "any", namespace);
  if (plan === undefined) return 1;
  const { providers, routes } = plan;
  printLine(`valid: LLMProviders ${providers.length}, LLMRoutes ${routes.length}`);
  return 0;
}

/** One line: an object with all diagnostics, of which each has its part of the documentation. */
async function validateAsJson(paths: readonly string[], namespace: string): Promise<number> {
  const { diagnostics, plan } = compile(await readSources(paths), "any", { namespace });
  checkIsFilled(plan);
  const isValid = !hasErrors(diagnostics);
  const all = sortDiagnostics(diagnostics).map((each) => ({ ...each, help: helpOf(each) }));
  printLine(JSON.stringify({ valid: isValid, diagnostics: all }));
  return isValid ? 0 : 1;
}

function helpOf({ code }: Diagnostic): string {
  return `docs/diagnostics.md#${code}`;
}
