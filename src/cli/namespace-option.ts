import { type Command, InvalidArgumentError } from "commander";
import { isDnsLabel } from "../validate/name-rules.ts";

/** Adds `--namespace`, for resources that name none. */
export function addNamespaceOption(command: Command, usual = "default"): Command {
  return command.option(
    "-n, --namespace <namespace>",
    "namespace of resources without one",
    parseNamespace,
    usual,
  );
}

function parseNamespace(text: string): string {
  if (isDnsLabel(text)) return text;
  throw new InvalidArgumentError("It must be the name of a namespace.");
}
