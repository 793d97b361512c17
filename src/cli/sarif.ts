// Diagnostics as SARIF 2.1.0, the format in which code hosts take the results of linters. Pure.
import { isAbsolute, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { Location, Log, Result } from "sarif";
import packageJson from "../../package.json" with { type: "json" };
import { type Diagnostic, formatResource } from "../diagnostics.ts";

/** One run, with a rule for each code that occurs. `helpOf` gives a code's part of the docs. */
export function toSarif(
  diagnostics: readonly Diagnostic[],
  helpOf: (diagnostic: Diagnostic) => string,
): Log {
  const rules = new Map(
    diagnostics.map((each) => [each.code, { id: each.code, help: { text: helpOf(each) } }]),
  );
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: packageJson.name,
            version: packageJson.version,
            rules: [...rules.values()],
          },
        },
        columnKind: "utf16CodeUnits",
        results: diagnostics.map(toResult),
      },
    ],
  };
}

function toResult(diagnostic: Diagnostic): Result {
  const { code, severity, message, known } = diagnostic;
  const text = known === undefined ? message : `${message}; ${known}`;
  return {
    ruleId: code,
    level: severity,
    message: { text },
    locations: [toLocation(diagnostic)],
  };
}

function toLocation({ file, line, column, resource, path }: Diagnostic): Location {
  const owner = resource === undefined ? [] : [formatResource(resource)];
  const fullyQualifiedName = [...owner, path].filter((part) => part !== "").join(" ");
  const logical = fullyQualifiedName === "" ? {} : { logicalLocations: [{ fullyQualifiedName }] };
  if (file === undefined) return logical;
  const region =
    line === undefined ? {} : { region: { startLine: line, startColumn: column ?? 1 } };
  return { physicalLocation: { artifactLocation: { uri: uriOf(file) }, ...region }, ...logical };
}

function uriOf(file: string): string {
  if (isAbsolute(file)) return pathToFileURL(file).href;
  return file.split(sep).map(encodeURIComponent).join("/");
}
