// A real Prometheus scrapes a real Envoy with the configuration of examples/telemetry, and runs the
// dashboard's queries.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Mock, startMock } from "../../src/mock/server.ts";
import {
  certificateSeconds,
  type ControllerMetrics,
  serveControllerMetrics,
} from "../support/controller-metrics.ts";
import { dashboardQueries, variableQueries, withVariables } from "../support/dashboard.ts";
import { type Envoy, startEnvoy } from "../support/envoy.ts";
import { metrics } from "../support/metrics.ts";
import { findPrometheus } from "../support/prometheus.ts";
import { type PrometheusServer, startPrometheus } from "../support/prometheus-server.ts";
import { parseScrape } from "../support/scrape.ts";
import {
  type Call,
  callShop,
  renderShop,
  rerankShop,
  scrapeConfig,
  shopEnv,
  shopKey,
} from "../support/shop.ts";

const found = findPrometheus();
const skip = found.missing ?? false;
const rangeSeconds = 60;
// The relative error of the estimates of `rate` and `increase`. The exact sums are checked before.
const tolerance = 0.06;

let mock: Mock;
let envoy: Envoy;
let controller: ControllerMetrics;
let prometheus: PrometheusServer;
/** The calls that were made after every series had been scraped once. */
let calls: Call[];

before(async () => {
  if (found.missing !== undefined) return;
  mock = await startMock({ apiKey: shopKey });
  const config = ({ egress = 0 }) => renderShop(egress, mock.port);
  envoy = await startEnvoy({ config, env: shopEnv });
  controller = await serveControllerMetrics();
  const jobs = scrapeConfig(envoy.adminPort) + controller.scrapeConfig;
  prometheus = await startPrometheus(found.prometheus, jobs);
  const first = await callShop(envoy.url);
  await untilScraped(first);
  calls = [...(await callShop(envoy.url)), ...(await callShop(envoy.url))];
  await untilScraped([...first, ...calls]);
  await untilScrapes(50);
});
after(async () => {
  await prometheus?.stop();
  controller?.close();
  await envoy?.stop();
  await mock?.close();
});

/** Resolves when Prometheus has all requests, and exactly the tokens that the provider reported. */
async function untilScraped(all: Call[]): Promise<void> {
  const sum = (selector: string) => valueOf(`sum(${selector})`);
  await until(`${all.length} requests`, async () => {
    return (await sum('llm_egress_requests{job="local"}')) === all.length;
  });
  const sums = {
    'llm_egress_key_requests{job="local"}': withKey(all),
    'llm_egress_key_requests{job="local", llmproxy_code="429"}': limited(all),
    'asm_llm_proxy_prompt_tokens{job="local"}': total(all, "prompt_tokens"),
    'asm_llm_proxy_completion_tokens{job="local"}': total(all, "completion_tokens"),
    'llm_egress_cached_tokens{job="local"}': total(all, "cached_tokens"),
    'llm_egress_reasoning_tokens{job="local"}': total(all, "reasoning_tokens"),
  };
  // A scrape that times out on a busy machine has no values.
  await until(JSON.stringify(sums), async () => {
    const values = await Promise.all(Object.keys(sums).map(sum));
    return values.join() === Object.values(sums).join();
  });
}

/**
 * Resolves when there are enough scrapes that the extrapolation of `increase` at both ends is
 * small.
 */
function untilScrapes(count: number): Promise<void> {
  const counted = `count_over_time(llm_egress_misrouted{job="local"}[${rangeSeconds}s])`;
  return until(`${count} scrapes`, async () => (await valueOf(counted)) >= count);
}

async function valueOf(expression: string): Promise<number> {
  return (await prometheus.query(expression))[0]?.value ?? 0;
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, `Prometheus does not have ${what} within 30 s`);
    await sleep(50);
  }
}

type UsageName = keyof NonNullable<Call["usage"]>;

function total(of: Call[], name: UsageName): number {
  return of.reduce((sum, { usage }) => sum + (usage?.[name] ?? 0), 0);
}

/**
 * The expected results of a query, by the value of its label or labels. A rate is multiplied by the
 * whole range.
 */
type Expected = Record<string, number>;

function by(keyOf: (call: Call) => string | undefined, value: (of: Call[]) => number): Expected {
  const keys = new Set(calls.flatMap((call) => keyOf(call) ?? []));
  const entries = [...keys].map((key) => [key, value(calls.filter((call) => keyOf(call) === key))]);
  return Object.fromEntries(entries) as Expected;
}

const whole = () => "";
const provider = () => "shop/qwen";
const route = () => "shop-rule";
const source = () => "unknown";
const limitedShare = (of: Call[]) => limited(of) / of.length;
const model = (call: Call) => (call.usage === undefined ? undefined : call.model);
const spender = (call: Call) => `${call.model},shop/qwen,unknown`;
const known = (call: Call) => (call.usage === undefined ? undefined : spender(call));
const tokens = (name: UsageName) => (of: Call[]) => total(of, name);
const number = (of: Call[]) => of.length;
const isSuccess = ({ code }: Call) => code.startsWith("2");
const cachedShare = (of: Call[]) => total(of, "cached_tokens") / total(of, "prompt_tokens");
const unknownShare = (of: Call[]) =>
  of.filter((call) => isSuccess(call) && call.usage === undefined).length /
  of.filter(isSuccess).length;
const answeredShare = (of: Call[]) =>
  of.filter(({ outcome }) => outcome === "ok").length / of.length;

/**
 * By key: the calls do not say which one they had, and `increase` misses what a new series counts before
 * its first scrape.
 */
interface AtMost {
  atMost: () => number;
}
const withKey = (of: Call[]) => of.filter(({ outcome }) => outcome !== "rejected").length;
const limited = (of: Call[]) => of.filter(({ code }) => code === "429").length;

/** The expectations by panel and query. A percentile is only expected to be a time. */
const expectations: Record<string, (() => Expected) | AtMost | "time" | "times"> = {
  "Tokens A": () => by(whole, tokens("prompt_tokens")),
  "Tokens B": () => by(whole, tokens("completion_tokens")),
  "Requests A": () => by(whole, number),
  "Answered A": () => by(whole, answeredShare),
  "First token, p95 A": "time",
  "Cached prompt tokens A": () => by(whole, cachedShare),
  "Answers of unknown usage A": () => by(whole, unknownShare),
  "Rate limited A": () => by(whole, limitedShare),
  "Misrouted A": () => ({ "": 0 }),
  "Answers that rest a key A": { atMost: () => limited(calls) },
  "Requests per second by key A": { atMost: () => withKey(calls) },
  "Answers that rest a key, per second A": { atMost: () => limited(calls) },
  "Controllers that lead A": () => ({ "": 1 }),
  "Resources not in effect A": () => ({ "": 2 }),
  "Resources by status A": () => ({ "LLMProvider,Ready": 3, "LLMRoute,Invalid": 2 }),
  "Writes that fail per second A": () => ({ WasmPlugin: 0 }),
  "Seconds since the API server said anything A": () => ({ gateways: 5 }),
  "Workers that wait for keys A": () => ({ "": 4 }),
  "Callers refused keys, per second A": () => ({ pod: 0 }),
  "Mesh certificate is valid for A": () => ({ "": certificateSeconds }),
  "Size of WasmPlugins A": () => ({ "shop/llm-egress": 1000 }),
  "Tokens per second by route A": () => by(route, tokens("prompt_tokens")),
  "Tokens per second by route B": () => by(route, tokens("completion_tokens")),
  "Rate limited by provider A": () => by(provider, limitedShare),
  "First token by provider and model, p95 A": "times",
  "Whole request by provider and model, p95 A": "times",
  "Output tokens per second of a request A": "times",
  "Tokens per second by provider A": () => by(provider, tokens("prompt_tokens")),
  "Tokens per second by provider B": () => by(provider, tokens("completion_tokens")),
  "Tokens per second by model A": () => by(model, tokens("prompt_tokens")),
  "Tokens per second by model B": () => by(model, tokens("completion_tokens")),
  "Tokens per second by source A": () => by(source, tokens("prompt_tokens")),
  "Tokens per second by source B": () => by(source, tokens("completion_tokens")),
  "Who spent what A": () => by(known, tokens("prompt_tokens")),
  "Who spent what B": () => by(known, tokens("completion_tokens")),
  "Who spent what C": () => by(known, tokens("cached_tokens")),
  "Who spent what D": () => by(known, tokens("reasoning_tokens")),
  "Who spent what E": () => by(spender, number),
  "Requests per second by outcome A": () => by(({ outcome }) => outcome, number),
  "Requests per second by status A": () => by(({ code }) => code, number),
  "Rejected per second by reason A": () => by(({ reason }) => reason, number),
  "First token A": "time",
  "First token B": "time",
  "First token C": "time",
  "Whole request A": "time",
  "Whole request B": "time",
  "Whole request C": "time",
  "Cached prompt tokens, and answers of unknown usage A": () => by(provider, cachedShare),
  "Cached prompt tokens, and answers of unknown usage B": () => by(provider, unknownShare),
};

describe("Prometheus", () => {
  const queries = dashboardQueries();

  it("is tested with all queries of the dashboard", () => {
    const asked = queries.map(({ panel, refId }) => `${panel} ${refId}`);
    assert.deepEqual(asked.sort(), Object.keys(expectations).sort());
  });

  for (const { panel, refId, expression } of queries) {
    it(`returns what the provider reported: ${panel}, ${refId}`, { skip }, async () => {
      const answers = await ask(expression);
      const expected = expectations[`${panel} ${refId}`]!;
      if (typeof expected === "function") return assertNear(answers, expected());
      if (typeof expected === "object") {
        const sum = Object.values(answers).reduce((all, each) => all + each);
        return assert.ok(sum >= 0 && sum <= expected.atMost() * (1 + tolerance), `${sum}`);
      }
      const [value = NaN, ...others] = Object.values(answers);
      if (expected === "time") assert.deepEqual(others, []);
      for (const each of [value, ...others]) {
        assert.ok(each > 0 && each < 60_000, `${each} ms`);
      }
    });
  }

  it("finds the values of the dashboard's variables", { skip }, async () => {
    const values: Record<string, string[]> = {};
    for (const [name, query] of variableQueries()) {
      const [, metric, label = ""] = /^label_values\((\w+), (\w+)\)$/.exec(query)!;
      const answers = await prometheus.query(`count by (${label}) (last_over_time(${metric}[1m]))`);
      values[name] = answers.map(({ labels }) => labels[label]!).sort();
    }
    assert.deepEqual(values, {
      provider: ["shop/qwen"],
      route: ["shop-rule"],
      model: ["qwen-max", "qwen-turbo", "unknown"],
      source: ["unknown"],
    });
  });
});

describe("the scrape configuration for the mesh", () => {
  it(
    "scrapes only the gateway's metrics port, and keeps the filter's metrics",
    { skip },
    async () => {
      const targets = await prometheus.query('max_over_time(up{job="llm-egress"}[1m])');
      assert.deepEqual(
        targets.map(({ labels, value }) => [labels["pod"], value]),
        [["egress-1", 1]],
      );
      const names = await prometheus.query(
        'count by (__name__) (last_over_time({job="llm-egress"}[1m]))',
      );
      const foreign = names
        .map(({ labels }) => labels["__name__"]!)
        .filter((name) => !/^(?:llm_egress_|asm_llm_proxy_|up$|scrape_)/.test(name));
      assert.deepEqual(foreign, []);
    },
  );
});

describe("the scrape", () => {
  it("has exactly the metrics and labels of the list for the filter", { skip }, async () => {
    await rerankShop(envoy.url);
    const samples = parseScrape(await envoy.prometheus());
    const own = samples.filter(
      ({ name }) => /llm_egress_(?!downstream)|llm_proxy/.test(name) && !name.startsWith("envoy_"),
    );
    const seen = new Map(
      own.map(({ name, labels }) => [name.replace(/_(?:bucket|sum|count)$/, ""), labels]),
    );
    assert.deepEqual([...seen.keys()].sort(), Object.keys(metrics).sort());
    for (const { name, labels } of own) {
      const { labels: listed } = metrics[name.replace(/_(?:bucket|sum|count)$/, "")]!;
      const there = Object.keys(labels).filter((label) => label !== "le");
      assert.deepEqual(there.sort(), [...listed].sort(), name);
    }
  });
});

/**
 * The result of a dashboard query for the local gateway, or the controller. A rate is multiplied by the
 * range.
 */
async function ask(expression: string): Promise<Expected> {
  const job = expression.includes("llm_egress_controller_") ? "controller" : "local";
  const local = withVariables(expression, `${rangeSeconds}s`).replaceAll("{", `{job="${job}", `);
  const isRate = expression.includes("rate(") && !expression.includes(" / ");
  const answers = (await prometheus.query(local)).map(({ labels, value }) => {
    const names = Object.keys(labels).sort();
    const key = names.map((name) => labels[name]).join(",");
    return [key, isRate ? value * rangeSeconds : value];
  });
  return Object.fromEntries(answers) as Expected;
}

function assertNear(actual: Expected, expected: Expected): void {
  assert.deepEqual(Object.keys(actual).sort(), Object.keys(expected).sort());
  for (const [key, value] of Object.entries(expected)) {
    const difference = Math.abs(actual[key]! - value);
    assert.ok(difference <= value * tolerance, `${key}: ${actual[key]} instead of ${value}`);
  }
}
