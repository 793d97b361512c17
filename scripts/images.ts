// Draws docs/images from a real run: Envoy with the filter, the mock as two providers, and
// Prometheus. The dashboard's picture has the results of its panels' own queries. Grafana does not
// take part. Takes a minute.
//
//   npm run images
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { RequestTable } from "../src/cli/request-table.ts";
import { emitEnvoy } from "../src/compile.ts";
import { startMock } from "../src/mock/server.ts";
import { planOf } from "../tests/support/compile-text.ts";
import { dashboardFile, withVariables } from "../tests/support/dashboard.ts";
import { startEnvoy } from "../tests/support/envoy.ts";
import { envoyOptions } from "../tests/support/envoy-options.ts";
import { findPrometheus } from "../tests/support/prometheus.ts";
import { startPrometheus } from "../tests/support/prometheus-server.ts";
import { scrapeConfig } from "../tests/support/shop.ts";
import { drawDashboard, type Drawn } from "./images/dashboard.ts";
import { drawTerminal } from "./images/terminal.ts";

const seconds = 60;
const rangeSeconds = 10;
const key = "sk-mock";
const hosts = ["qwen.example", "gpt.example"];

const resources = hosts.map((host) => {
  const name = host.replace(".example", "");
  return `
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMProvider
metadata: { name: ${name}, namespace: shop }
spec:
  host: ${host}
  configs: { defaultConfig: { openAIConfig: { apiKeys: [{ env: KEY }, { env: KEY_2 }] } } }
---
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMRoute
metadata: { name: ${name}, namespace: shop }
spec:
  host: ${host}
  gateways: [shop/gateway]
  rules:
    - name: ${name}-route
      matches: [{ gateways: [shop/gateway] }]
      backendRefs: [{ providerHost: ${host} }]
`;
});

const prometheusPrograms = findPrometheus();
if (prometheusPrograms.missing !== undefined) throw new Error(prometheusPrograms.missing);
const plan = planOf(resources.join("---"));
const mock = await startMock({ apiKey: key });
const upstream = { host: "127.0.0.1", port: mock.port, tls: false };
const upstreams = new Map(hosts.map((host) => [host, upstream]));
const wasmFile = `${process.cwd()}/build/llm-egress.wasm`;
const config = ({ egress = 0 }) => {
  const listen = { host: "127.0.0.1", port: egress };
  return emitEnvoy(plan, envoyOptions({ listen, wasmFile, upstreams }));
};
const envoy = await startEnvoy({ config, env: { KEY: key, KEY_2: key } });
const prometheus = await startPrometheus(
  prometheusPrograms.prometheus,
  scrapeConfig(envoy.adminPort),
);
try {
  const start = Date.now();
  while (Date.now() - start < seconds * 1000) await callOnce((Date.now() - start) / 1000);
  await sleep(1000);
  const end = Date.now();
  mkdirSync("docs/images", { recursive: true });
  writeFileSync("docs/images/dashboard.svg", drawDashboard(await drawnPanels(start, end)));
  writeFileSync("docs/images/request-table.svg", drawTerminal(lastRows(16)));
} finally {
  await prometheus.stop();
  await envoy.stop();
  await mock.close();
}

// A load that changes with time, and in its third quarter a provider that limits the rate.
async function callOnce(at: number): Promise<void> {
  const host = Math.random() < 0.6 ? "qwen.example" : "gpt.example";
  const own = Math.random() < 0.7 ? "qwen-max" : "qwen-turbo";
  const model = host === "gpt.example" ? "gpt-4o-mini" : own;
  const content = "word ".repeat(5 + Math.floor(30 * Math.random()));
  const body = { model, messages: [{ role: "user", content }], stream: Math.random() < 0.7 };
  const isLimited = at > seconds / 2 && at < (seconds * 3) / 4 && host === hosts[0];
  const status = isLimited && Math.random() < 0.06 ? { "x-mock-status": "429" } : {};
  const delay = { "x-mock-delay-ms": String(Math.floor(20 + 80 * Math.random())) };
  const isBroken = Math.random() < 0.03;
  void post(host, isBroken ? "{" : JSON.stringify(body), { ...status, ...delay });
  await sleep(30 + 25 * Math.sin(at / 6));
}

function post(host: string, body: string, more: Record<string, string>): Promise<void> {
  const { hostname, port } = new URL(envoy.url);
  const headers = { host, "content-type": "application/json", ...more };
  return new Promise((resolve, reject) => {
    const path = "/v1/chat/completions";
    const sent = request({ hostname, port, path, method: "POST", headers }, (response) => {
      response.resume().on("end", resolve);
    });
    sent.on("error", reject).end(body);
  });
}

interface Panel {
  title: string;
  type: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; legendFormat: string }[];
  fieldConfig?: { defaults: { unit?: string } };
}

// All panels but those of the controller, which does not run here, and the table.
async function drawnPanels(start: number, end: number): Promise<Drawn[]> {
  const { panels } = JSON.parse(readFileSync(dashboardFile, "utf8")) as { panels: Panel[] };
  const wanted = panels.filter(({ type, targets = [] }) => {
    const isOfController = targets.some(({ expr }) => expr.includes("llm_egress_controller"));
    return (type === "stat" || type === "timeseries") && !isOfController;
  });
  return Promise.all(
    wanted.map(async ({ title, type, gridPos, targets = [], fieldConfig }) => {
      const range = type === "stat" ? seconds : rangeSeconds;
      const from = type === "stat" ? end : start + rangeSeconds * 1000;
      const lines = await Promise.all(targets.map((target) => query(target, range, from, end)));
      const unit = fieldConfig?.defaults.unit ?? "short";
      return { title, isStat: type === "stat", place: gridPos, unit, lines: lines.flat() };
    }),
  );
}

interface Reply {
  data: { result: { metric: Record<string, string>; values: [number, string][] }[] };
}

async function query(
  { expr, legendFormat }: { expr: string; legendFormat: string },
  range: number,
  start: number,
  end: number,
): Promise<Drawn["lines"]> {
  const local = withVariables(expr, `${range}s`).replaceAll("{", '{job="local", ');
  const times = { start: String(start / 1000), end: String(end / 1000), step: "1" };
  const words = new URLSearchParams({ query: local, ...times });
  const response = await fetch(
    `http://${prometheus.address}/api/v1/query_range?${words.toString()}`,
  );
  const { data } = (await response.json()) as Reply;
  return data.result.map(({ metric, values }) => ({
    name: legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? ""),
    points: values.map(([time, value]) => ({ at: time * 1000, value: Number(value) })),
  }));
}

// As `llm-egress run` prints them.
function lastRows(count: number): string[] {
  const table = new RequestTable(plan);
  const lines = envoy.logs().split("\n");
  const [heading = "", ...rows] = lines
    .filter((line) => line.startsWith("{"))
    .flatMap((line) => table.toLines(line));
  return [heading, ...rows.slice(-count)];
}
