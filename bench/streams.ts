// Measures the memory for streamed answers. That of the module, under the scripted host: for each
// of 10,000 open streams, and after 10,000 and 100,000 streams have ended. That of Envoy, through
// the quickstart's listener: after 10,000 and 110,000 requests. Needs wrk.
//
//   npm run bench:streams
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { event, hostOfStreams, openStream, sendPieces } from "../tests/support/open-streams.ts";
import type { WasmHost, WasmStream } from "../tests/support/wasm-host.ts";
import { residentBytes, startGateways } from "./envoys.ts";

const openStreams = 10_000;
const sizeOf = (host: WasmHost) => host.memory.buffer.byteLength;
const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(1)} MB`;

if (spawnSync("wrk", ["--version"]).error) {
  console.error("bench: wrk is not on PATH (Debian: apt-get install wrk)");
  process.exit(1);
}
measureOpen("between two events", [event]);
measureOpen("within an event that is held back", [event, event.slice(0, 100)]);
measureEnded();
await measureEnvoy();

/**
 * Measures open streams. The module doubles its memory when it needs more, so the memory that a
 * stream uses follows from the number of streams between two doublings.
 */
function measureOpen(where: string, pieces: string[]): void {
  const host = hostOfStreams();
  const before = sizeOf(host);
  const open: WasmStream[] = [];
  let grownAt = 0;
  let used = 0;
  const add = (index: number) => {
    const size = sizeOf(host);
    open[index] = openStream(host);
    sendPieces(open[index], pieces);
    if (sizeOf(host) === size) return;
    used = size / 2 / (index - grownAt);
    grownAt = index;
  };
  for (let index = 0; index < openStreams; index++) add(index);
  const each = (sizeOf(host) - before) / openStreams;
  for (let index = 0; index < 3 * openStreams; index++) {
    open[index % openStreams]!.end();
    open[index % openStreams] = openStream(host);
    sendPieces(open[index % openStreams]!, pieces);
  }
  const lasting = (sizeOf(host) - before) / openStreams;
  console.log(
    `${openStreams} open streams ${where}: each uses ${used.toFixed(0)} bytes, and the module has ${each.toFixed(0)} for it, ` +
      `${lasting.toFixed(0)} after ${3 * openStreams} more have replaced them`,
  );
}

function measureEnded(): void {
  const host = hostOfStreams();
  const run = (count: number) => {
    for (let index = 0; index < count; index++) openStream(host).end();
    return megabytes(sizeOf(host));
  };
  console.log(
    `the module's memory after 10000 streams: ${run(10_000)}, after 100000: ${run(90_000)}`,
  );
}

async function measureEnvoy(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "llm-egress-bench-"));
  const script = join(folder, "stream.lua");
  writeFileSync(
    script,
    [
      'wrk.method = "POST"',
      'wrk.path = "/v1/chat/completions"',
      'wrk.headers["Content-Type"] = "application/json"',
      'wrk.headers["Host"] = "dashscope.aliyuncs.com"',
      'wrk.headers["X-Stream"] = "1"',
      'wrk.body = [[{"messages":[{"role":"user","content":"hi"}],"stream":true}]]',
    ].join("\n"),
  );
  const gateways = await startGateways({ streams: true });
  const url = `http://127.0.0.1:${gateways.withFilter}/`;
  const run = (least: number) => {
    let requests = 0;
    while (requests < least) {
      const output = execFileSync("wrk", ["-t1", "-c64", "-d2s", "-s", script, url]).toString();
      if (/Non-2xx/.test(output)) throw new Error(output);
      requests += Number(/(\d+) requests in/.exec(output)![1]);
    }
    return requests;
  };
  const first = run(10_000);
  const before = residentBytes(gateways.pid);
  const more = run(100_000);
  const after = residentBytes(gateways.pid);
  console.log(
    `Envoy's memory after ${first} streams: ${megabytes(before)}, after ${more} more: ${megabytes(after)}`,
  );
  await gateways.stop();
  rmSync(folder, { recursive: true });
}
