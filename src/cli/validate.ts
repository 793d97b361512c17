import { type Command, Option } from "commander";
import { compile } from "../compile.ts";
import { type Diagnostic, hasErrors, sortDiagnostics } from "../diagnostics.ts";
import { checkIsFilled, compilePaths } from "./compile-paths.ts";
import { addNamespaceOption } from "./namespace-option.ts";
import { readSources } from "./read-sources.ts";
import { toSarif } from "./sarif.ts";
import { printLine } from "./terminal.ts";

const formats = ["text", "json", "sarif"] as const;

export interface ValidateCommandOptions {
  namespace: string;
  output: (typeof formats)[number];
}

/** Adds the options of ValidateCommandOptions to a command. */
export function addValidateOptions(command: Command): Command {
  return addNamespaceOption(command).addOption(
    new Option(
      "-o, --output <format>",
      "text for people on standard error, or JSON or SARIF on standard output",
    )
      .choices(formats)
      .default("text"),
  );
}

/** Validates the resources at `paths`. Returns the exit code. */
export async function validate(
  paths: readonly string[],
  { namespace, output }: ValidateCommandOptions,
): Promise<number> {
  if (output !== "text") return validateAsData(paths, namespace, output);
  const plan = await compilePaths(paths, "any", namespace);
  if (plan === undefined) return 1;
  const { providers, routes } = plan;
  printLine(`valid: LLMProviders ${providers.length}, LLMRoutes ${routes.length}`);
  return 0;
}

/** One line: an object with all diagnostics, of which each has its part of the documentation. */
async function validateAsData(
  paths: readonly string[],
  namespace: string,
  format: "json" | "sarif",
): Promise<number> {
  const { diagnostics, plan } = compile(await readSources(paths), "any", { namespace });
  checkIsFilled(plan);
  const isValid = !hasErrors(diagnostics);
  const all = sortDiagnostics(diagnostics);
  const data =
    format === "sarif"
      ? toSarif(all, helpOf)
      : { valid: isValid, diagnostics: all.map((each) => ({ ...each, help: helpOf(each) })) };
  printLine(JSON.stringify(data));
  return isValid ? 0 : 1;
}

function helpOf({ code }: Diagnostic): string {
  return `docs/diagnostics.md#${code}`;
}
