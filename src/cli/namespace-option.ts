import { type Command, InvalidArgumentError } from "commander";
import { isDnsLabel } from "../validate/name-rules.ts";

/** Adds `--namespace`, by default for resources that name none. */
export function addNamespaceOption(
  command: Command,
  { meaning = "namespace of resources without one", usual = "default" } = {},
): Command {
  return command.option("-n, --namespace <namespace>", meaning, parseNamespace, usual);
}

function parseNamespace(text: string): string {
  if (isDnsLabel(text)) return text;
  throw new InvalidArgumentError("It must be the name of a namespace.");
}
