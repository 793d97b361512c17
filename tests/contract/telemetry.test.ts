// Checks that the names of metrics, labels and access log fields are the same everywhere.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parse } from "yaml";
import * as telemetry from "../../contract/telemetry.ts";
import { Metrics } from "../../src/controller/metrics.ts";
import { accessLogFields } from "../../src/emit/envoy/access-log.ts";
import { metricLabels } from "../../src/emit/envoy/stats.ts";
import { dashboardQueries, variableQueries, withVariables } from "../support/dashboard.ts";
import { metrics, outcomes } from "../support/metrics.ts";
import { noGateways } from "../support/no-gateways.ts";
import { readSelectors, type Selector } from "../support/promql.ts";

interface Rule {
  alert?: string;
  record?: string;
  expr: string;
  annotations?: Record<string, string>;
}

const { groups } = readYaml<{ groups: { rules: Rule[] }[] }>("alerts.yaml");
const rules = groups.flatMap((group) => group.rules);
const series = new Map<string, readonly string[]>(
  Object.entries(metrics).flatMap(([name, { kind, labels }]) =>
    kind === "counter"
      ? [[name, labels]]
      : [
          [`${name}_bucket`, [...labels, "le"]],
          [`${name}_sum`, labels],
        ],
  ),
);
for (const metric of Object.values(new Metrics(() => true, new Map(), noGateways))) {
  if (!("labelNames" in metric)) continue;
  const { name, labelNames } = metric as unknown as { name: string; labelNames: string[] };
  series.set(name, labelNames);
}
// Those that the controller collects when it is asked.
for (const name of [
  ...["leader", "key_polls"],
  ...["mesh_certificate_expiry_seconds", "mesh_certificate_renewal_seconds"],
]) {
  series.set(`llm_egress_controller_${name}`, []);
}
series.set("llm_egress_controller_watch_age_seconds", ["resource"]);

function readYaml<T>(name: string): T {
  return parse(readFileSync(join("examples/telemetry", name), "utf8")) as T;
}

function unknownNames(selectors: Selector[], known = series): string[] {
  return selectors.flatMap(({ metric, labels }) => {
    const own = known.get(metric);
    if (own === undefined) return [metric];
    return labels.filter((label) => !own.includes(label)).map((label) => `${metric}{${label}}`);
  });
}

describe("the dashboard", () => {
  for (const { panel, refId, expression, legend } of dashboardQueries()) {
    it(`uses only names that exist: ${panel}, ${refId}`, () => {
      const selectors = readSelectors(withVariables(expression, "5m"));
      assert.ok(selectors.length > 0);
      assert.deepEqual(unknownNames(selectors), []);
      const shown = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!);
      for (const { labels } of selectors) {
        assert.deepEqual(
          shown.filter((label) => !labels.includes(label)),
          [],
        );
      }
    });

    it(`filters by the selected provider, route, model and source: ${panel}, ${refId}`, () => {
      for (const { metric, labels } of readSelectors(withVariables(expression, "5m"))) {
        const choices = ["provider", "route", "model", "source"].map((each) => `llmproxy_${each}`);
        const own = choices.filter((label) => series.get(metric)?.includes(label));
        assert.deepEqual(
          own.filter((label) => !labels.includes(label)),
          [],
        );
      }
    });
  }

  it("queries the values of its variables by labels that exist", () => {
    const queries = [...variableQueries().values()];
    assert.equal(queries.length, 4);
    for (const query of queries) {
      const [, metric = "", label = ""] = /^label_values\((\w+), (\w+)\)$/.exec(query) ?? [];
      assert.ok(series.get(metric)?.includes(label), query);
    }
  });
});

describe("the alerts", () => {
  const recorded = new Map(
    rules.flatMap(({ record, expr }) =>
      record === undefined ? [] : [[record, readSelectors(expr).flatMap((one) => one.labels)]],
    ),
  );
  for (const { alert, record, expr, annotations = {} } of rules) {
    it(`use only names that exist: ${alert ?? record}`, () => {
      const selectors = readSelectors(expr);
      assert.deepEqual(unknownNames(selectors, new Map([...series, ...recorded])), []);
      if (alert === undefined) return;
      assert.deepEqual(Object.keys(annotations), ["summary", "description"]);
      const result = selectors.flatMap(({ metric, labels }) => recorded.get(metric) ?? labels);
      const shown = Object.values(annotations)
        .join(" ")
        .matchAll(/\$labels\.(\w+)/g);
      for (const [, label = ""] of shown) assert.ok(result.includes(label), label);
    });
  }
});

describe("the labels", () => {
  it("are extracted from the names by our bootstrap and by the gateway's patch", () => {
    const inMetrics = new Set(Object.values(metrics).flatMap(({ labels }) => labels));
    assert.deepEqual([...metricLabels].sort(), [...inMetrics].sort());
    interface Patch {
      spec: { template: { metadata: { annotations: Record<string, string> } } };
    }
    const patch = readYaml<Patch>("gateway-patch.yaml");
    const text = patch.spec.template.metadata.annotations["proxy.istio.io/config"]!;
    assert.deepEqual(parse(text), { extraStatTags: [...metricLabels] });
  });
});

describe("the access log", () => {
  it("has the same fields on Istio as in our bootstrap", () => {
    interface MeshConfig {
      extensionProviders: {
        name: string;
        envoyFileAccessLog: { logFormat: { labels: Record<string, string> } };
      }[];
    }
    const [provider] = readYaml<MeshConfig>("mesh-config.yaml").extensionProviders;
    assert.deepEqual(provider!.envoyFileAccessLog.logFormat.labels, accessLogFields);
    interface Telemetry {
      spec: { accessLogging: { providers: { name: string }[] }[] };
    }
    const { spec } = readYaml<Telemetry>("telemetry.yaml");
    assert.deepEqual(spec.accessLogging[0]!.providers, [{ name: provider!.name }]);
  });
});

describe("docs/metrics.md", () => {
  const text = readFileSync("docs/metrics.md", "utf8");
  const firstCells = [...text.matchAll(/^\| `([\w.]+)`/gm)].map(([, cell]) => cell!);

  it("has a row for every metric, label, outcome and field that the filter has", () => {
    const fields = Object.values(accessLogFields).flatMap(
      (format) => /FILTER_STATE\(([\w.]+):/.exec(format)?.[1] ?? [],
    );
    const wanted = [...Object.keys(metrics), ...metricLabels, ...outcomes, ...fields];
    assert.deepEqual([...firstCells].sort(), wanted.sort());
  });
});

describe("docs/operations.md", () => {
  it("has every metric of the controller", () => {
    const text = readFileSync("docs/operations.md", "utf8");
    const [, list = ""] = /^- `\/metrics`.*\n((?: {2}.*\n)+)/m.exec(text) ?? [];
    const named = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => `llm_egress_controller_${name}`);
    const own = [...series.keys()].filter((name) => name.startsWith("llm_egress_controller_"));
    assert.deepEqual(named.sort(), own.sort());
  });
});

describe("outcomes and reasons", () => {
  it("that the alerts and the dashboard use exist", () => {
    const expressions = [
      ...rules.map(({ expr }) => expr),
      ...dashboardQueries().map((one) => one.expression),
    ];
    const codes = readFileSync("docs/errors.md", "utf8").matchAll(/^\| \d+ +\| `(\w+)`/gm);
    const there = new Set([...outcomes, ...[...codes].map(([, code]) => code!)]);
    const asked = expressions.flatMap((expression) =>
      [...expression.matchAll(/llmproxy_(?:outcome|reason)[!=~]+"([^"]*)"/g)].flatMap(([, value]) =>
        value!.split("|"),
      ),
    );
    assert.ok(asked.length > 0);
    assert.deepEqual(
      asked.filter((value) => !there.has(value)),
      [],
    );
  });
});

describe("the contract", () => {
  const named = (end: string) =>
    Object.entries(telemetry).flatMap(([name, value]) =>
      typeof value === "string" && name.endsWith(end) ? [value] : [],
    );

  it("has exactly the metrics of this list", () => {
    assert.deepEqual(named("Metric").sort(), Object.keys(metrics).sort());
  });

  it("has exactly the labels that are extracted from the names", () => {
    assert.deepEqual(named("Label").sort(), [...metricLabels].sort());
  });

  it("has exactly the outcomes of this list", () => {
    assert.deepEqual(telemetry.outcomes, outcomes);
  });

  it("has exactly the filter state that the access log prints", () => {
    const printed = Object.values(accessLogFields).flatMap(
      (format) => /FILTER_STATE\(wasm\.([\w.]+):/.exec(format)?.[1] ?? [],
    );
    assert.deepEqual(named("State").sort(), printed.sort());
  });
});
