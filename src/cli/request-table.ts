// Envoy's access log as a table for people: one line per request, under a line of headings.
import type { AccessLogField } from "../emit/envoy/access-log.ts";
import { clusterName } from "../emit/envoy/cluster.ts";
import type { Plan } from "../plan/plan.ts";
import { printableLine } from "../printable.ts";
import { explainFailure } from "./explain-failure.ts";

/** One line of the access log; Envoy writes `null` for unknown values. */
export type AccessRecord = Record<AccessLogField, string | number | null>;

interface Column {
  heading: string;
  /** The expected width. A longer value widens the column from its line on. */
  width: number;
  isNumber: boolean;
}

/**
 * Turns lines of the access log into lines of a table, in columns wide enough for the plan's names.
 */
export class RequestTable {
  readonly #columns: Column[];
  /** Provider names by cluster name. */
  readonly #providers: ReadonlyMap<string, string>;
  #isBegun = false;

  constructor({ providers, routes }: Plan) {
    const rules = routes.flatMap((route) => route.rules.map((rule) => rule.name));
    this.#providers = new Map(
      providers.map((each) => [clusterName(each), `${each.namespace}/${each.name}`]),
    );
    this.#columns = [
      textColumn("TIME", ["00:00:00"]),
      textColumn("ROUTE", [...rules, ...providers.map(({ name }) => name)]),
      textColumn("PROVIDER", [...this.#providers.values()]),
      textColumn("MODEL", ["a-model-of-some-length"]),
      textColumn("STATUS", []),
      ...["IN", "OUT"].map((heading) => numberColumn(heading, "10000")),
      ...["FIRST", "TOTAL"].map((heading) => numberColumn(heading, "10000ms")),
    ];
  }

  /**
   * The table's next lines for a line of Envoy's output. A line that is not about a request stays
   * as it is.
   */
  toLines(line: string): string[] {
    const record = readRecord(line);
    if (record === undefined) return [line];
    const cells = this.#format(this.#cellsOf(record));
    const note = noteOf(record);
    const row = note === undefined ? cells : `${cells}  ${note}`;
    if (this.#isBegun) return [row];
    this.#isBegun = true;
    return [this.#format(this.#columns.map(({ heading }) => heading)), row];
  }

  #cellsOf(record: AccessRecord): string[] {
    const cells = [
      localTime(record.start_time),
      record.route_name,
      this.#providers.get(`${record.upstream_cluster}`),
      record.request_model,
      // Envoy writes 0 if the client disconnected before there was a response.
      record.response_code || null,
      record.request_prompt_tokens,
      record.request_completion_tokens,
      inMilliseconds(record.llm_ttft_ms),
      inMilliseconds(record.duration),
    ];
    // A column is as wide as what is printed of its cells.
    return cells.map((cell) => printableLine(`${cell ?? "-"}`));
  }

  #format(cells: string[]): string {
    const padded = this.#columns.map((column, index) => {
      const cell = cells[index] ?? "-";
      column.width = Math.max(column.width, cell.length);
      return column.isNumber ? cell.padStart(column.width) : cell.padEnd(column.width);
    });
    return padded.join("  ");
  }
}

function textColumn(heading: string, expected: string[]): Column {
  const width = Math.max(...[heading, ...expected].map((text) => text.length));
  return { heading, width, isNumber: false };
}

function numberColumn(heading: string, expected: string): Column {
  return { ...textColumn(heading, [expected]), isNumber: true };
}

function readRecord(line: string): AccessRecord | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const record = JSON.parse(line) as AccessRecord;
    return record.start_time === undefined ? undefined : record;
  } catch {
    return undefined;
  }
}

/**
 * The outcome of a request, unless it is `ok`, with its reason. If the filter has not seen the
 * request, Envoy's reason.
 */
function noteOf(record: AccessRecord): string | undefined {
  const { llm_outcome: outcome, response_code_details: details } = record;
  const reason = details === "via_upstream" || details === null ? undefined : `${details}`;
  if (outcome === null) return reason;
  if (outcome === "ok") return undefined;
  if (reason === undefined) return `${outcome}`;
  const note = `${outcome}: ${reason.replace(/^llm_egress_/, "")}`;
  const cause = explainFailure(reason);
  return cause === undefined ? note : `${note} (${cause})`;
}

function localTime(start: string | number | null): string {
  return start === null ? "-" : new Date(start).toTimeString().slice(0, "00:00:00".length);
}

function inMilliseconds(value: string | number | null): string | null {
  return value === null ? null : `${value}ms`;
}
