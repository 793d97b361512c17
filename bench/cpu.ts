// Measures Envoy's CPU time per request through the quickstart's listener: without the filter, with
// a module that makes only the host calls that every such filter needs, and with the filter, in
// turn. Needs wrk. The speed of a machine may change by half within seconds. Therefore rounds are
// short, and the result is the median of the ratios of the rounds, not the ratio of two medians.
//
//   npm run bench:cpu [-- ROUNDS]
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuMicroseconds, startGateways } from "./envoys.ts";
import { median } from "./median.ts";

const rounds = Number(process.argv[2] ?? 15);
const seconds = 1;
const cases = [
  { bytes: 200, connections: 16 },
  { bytes: 200, connections: 500 },
  { bytes: 4096, connections: 16 },
  { bytes: 65_536, connections: 16 },
];

if (spawnSync("wrk", ["--version"]).error) {
  console.error("bench: wrk is not on PATH (Debian: apt-get install wrk)");
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "llm-egress-bench-"));
const gateways = await startGateways({ calls: true });
console.log("body bytes  connections  without µs  calls only  with µs  with / without");
for (const { bytes, connections } of cases) {
  const script = writeScript(bytes);
  const load = (port: number) => cpuPerRequest({ port, connections, script });
  const loadAll = () =>
    [load(gateways.withoutFilter), load(gateways.withCalls), load(gateways.withFilter)] as const;
  loadAll();
  const measured = Array.from({ length: rounds }, loadAll);
  const numbers = [
    median(measured.map(([without]) => without)).toFixed(1),
    median(measured.map(([without, calls]) => calls / without)).toFixed(2),
    median(measured.map(([, , withFilter]) => withFilter)).toFixed(1),
    median(measured.map(([without, , withFilter]) => withFilter / without)).toFixed(2),
  ];
  const widths = [10, 13, 12, 12, 9, 16];
  const columns = [bytes, connections, ...numbers];
  console.log(columns.map((value, index) => String(value).padStart(widths[index]!)).join(""));
}
await gateways.stop();
rmSync(folder, { recursive: true });

function writeScript(bytes: number): string {
  const frame = JSON.stringify({ messages: [{ role: "user", content: "" }] });
  const content = "lorem ipsum ".repeat(bytes / 12).slice(0, bytes - frame.length);
  const body = frame.replace('""', JSON.stringify(content));
  const file = join(folder, `${bytes}.lua`);
  writeFileSync(
    file,
    [
      'wrk.method = "POST"',
      'wrk.path = "/v1/chat/completions"',
      'wrk.headers["Content-Type"] = "application/json"',
      'wrk.headers["Host"] = "dashscope.aliyuncs.com"',
      `wrk.body = [[${body}]]`,
    ].join("\n"),
  );
  return file;
}

function cpuPerRequest(load: { port: number; connections: number; script: string }): number {
  const before = cpuMicroseconds(gateways.pid);
  const output = execFileSync("wrk", [
    ...["-t1", `-c${load.connections}`, `-d${seconds}s`, "-s", load.script],
    `http://127.0.0.1:${load.port}/`,
  ]).toString();
  const requests = Number(/(\d+) requests in/.exec(output)![1]);
  if (/Non-2xx/.test(output) || requests === 0) throw new Error(output);
  return (cpuMicroseconds(gateways.pid) - before) / requests;
}
