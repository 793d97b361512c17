// The queries of the Grafana dashboard in examples/telemetry.
import { readFileSync } from "node:fs";

export const dashboardFile = "examples/telemetry/dashboard.json";

export interface DashboardQuery {
  /** The panel's title. */
  panel: string;
  refId: string;
  expression: string;
  /** With `{{label}}` in place of a label's value. */
  legend: string;
}

interface Dashboard {
  panels: {
    title: string;
    targets?: { refId: string; expr: string; legendFormat: string }[];
  }[];
  templating: { list: { name: string; type: string; query: string | { query: string } }[] };
}

/** The queries of all panels; Grafana's variables are not replaced. */
export function dashboardQueries(): DashboardQuery[] {
  return read().panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ refId, expr, legendFormat }) => ({
      panel: title,
      refId,
      expression: expr,
      legend: legendFormat,
    })),
  );
}

/** The queries that give the values of the variables, by variable name. */
export function variableQueries(): Map<string, string> {
  const queries = read().templating.list.flatMap(({ name, query }) =>
    typeof query === "string" ? [] : [[name, query.query] as const],
  );
  return new Map(queries);
}

/**
 * An expression as Grafana sends it, with `range` for both intervals and all values of each
 * variable.
 */
export function withVariables(expression: string, range: string): string {
  return expression
    .replaceAll(/\$__(?:rate_interval|range)/g, range)
    .replaceAll(/\$(?:provider|route|model|source)/g, ".*");
}

function read(): Dashboard {
  return JSON.parse(readFileSync(dashboardFile, "utf8")) as Dashboard;
}
