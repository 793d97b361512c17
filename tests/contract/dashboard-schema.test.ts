// Checks the dashboard with Grafana's own types, as an object literal, so that unknown members are
// errors too.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import ts from "typescript";
import { dashboardFile } from "../support/dashboard.ts";

const composable = "@grafana/schema/dist/esm/raw/composable";

// In JSON, an enum member is its value.
const types = `
import type { Dashboard, Panel, RowPanel } from "@grafana/schema";
import type * as stat from "${composable}/stat/panelcfg/x/StatPanelCfg_types.gen";
import type * as table from "${composable}/table/panelcfg/x/TablePanelCfg_types.gen";
import type * as timeseries from "${composable}/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

type Json<T> = T extends string ? \`\${T}\` : T extends number | boolean | null | undefined ? T
  : T extends readonly (infer One)[] ? Json<One>[] : { [Key in keyof T]: Json<T[Key]> };
type Of<Type, Options, Custom> = Json<Omit<Panel<unknown, Custom>, "options" | "type">> &
  { type: Type; options: Json<Options>; fieldConfig: { defaults: { custom?: Json<Custom> } } };
type AnyPanel = Json<RowPanel> | Of<"stat", stat.Options, {}> | Of<"table", table.Options, table.FieldConfig>
  | Of<"timeseries", timeseries.Options, timeseries.FieldConfig>;
type Whole = Json<Omit<Dashboard, "panels">> & { panels: AnyPanel[] };
`;

const options: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: [],
};

/** The type errors in a dashboard's JSON text. */
function complaints(json: string): string[] {
  const file = resolve("dashboard.virtual.ts");
  const text = `${types}const dashboard: Whole = ${json};\nexport default dashboard;\n`;
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.getSourceFile = (name, ...rest) =>
    name === file
      ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2023)
      : getSourceFile(name, ...rest);
  const program = ts.createProgram([file], options, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
}

const json = readFileSync(dashboardFile, "utf8");

test("the dashboard matches Grafana's own types", () => {
  assert.deepEqual(complaints(json), []);
});

test("Grafana's types reject what a dashboard must not contain", () => {
  const faults = [
    ['"schemaVersion": 39', '"schemaVersion": "39"'],
    ['"type": "timeseries"', '"type": "time-series"'],
    ['"drawStyle": "line"', '"drawStyle": "lines"'],
    ['"gridPos": { "x"', '"gridPos": { "left"'],
    ['"type": "query"', '"type": "question"'],
  ] as const;
  for (const [right, wrong] of faults) {
    const changed = json.replace(right, wrong);
    assert.notEqual(changed, json, right);
    assert.notDeepEqual(complaints(changed), [], wrong);
  }
});
