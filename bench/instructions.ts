// Counts the instructions of Envoy for a request of 200 bytes through the quickstart's listener:
// without the filter, with only the host calls that every such filter needs, and with the filter.
// The counts do not depend on the load of the machine, and show a change of 1 %. They do not
// include the kernel, and memory operations cost more instructions than without valgrind. Needs
// valgrind.
//
//   npm run bench:instructions
import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Agent, type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGateways } from "./envoys.ts";

const requests = 512;
const content = "lorem ipsum ".repeat(17).slice(0, 158);
const body = JSON.stringify({ messages: [{ role: "user", content }] });
const headers = { host: "dashscope.aliyuncs.com", "content-type": "application/json" };

if (spawnSync("valgrind", ["--version"]).error) {
  console.error("bench: valgrind is not on PATH (Debian: apt-get install valgrind)");
  process.exit(1);
}
const folder = mkdtempSync(join(tmpdir(), "llm-egress-bench-"));
const counts = join(folder, "counts");
// V8 generates code at run time, and counting is switched on later.
const options = ["--tool=callgrind", "--smc-check=all-non-file", "--instr-atstart=no"];
const under = ["valgrind", ...options, `--callgrind-out-file=${counts}`];
const gateways = await startGateways({ under, calls: true });
const agent = new Agent({ keepAlive: true, maxSockets: 16 });
const ports = {
  "without the filter": gateways.withoutFilter,
  "with its calls to the host only": gateways.withCalls,
  "with the filter": gateways.withFilter,
};
let dumps = 0;
let without = 0;
for (const port of Object.values(ports)) await load(port);
control("--instr=on");
for (const [name, port] of Object.entries(ports)) {
  // Warm up again, as valgrind translates the code again after counting is switched on.
  await load(port);
  control("--zero");
  await load(port);
  const count = readCount();
  without ||= count;
  console.log(`${name.padEnd(32)} ${String(count).padStart(7)}  ${(count / without).toFixed(2)}`);
}
agent.destroy();
await gateways.stop();
rmSync(folder, { recursive: true });

async function load(port: number): Promise<void> {
  await Promise.all(Array.from({ length: requests }, () => send(port)));
}

async function send(port: number): Promise<void> {
  const options = { agent, port, path: "/v1/chat/completions", method: "POST", headers };
  const outgoing = request(options).end(body);
  const [response] = (await once(outgoing, "response")) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}`);
  await once(response.resume(), "end");
}

function control(option: string): void {
  execFileSync("callgrind_control", [option, String(gateways.pid)], { stdio: "ignore" });
}

/** The instructions per request since the counters were reset. */
function readCount(): number {
  control("--dump");
  const text = readFileSync(`${counts}.${(dumps += 1)}`, "latin1");
  return Math.round(Number(/^(?:summary|totals): (\d+)$/m.exec(text)![1]) / requests);
}
