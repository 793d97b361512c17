// Counts the requests that get 503 as the provider closes their connection in the same moment: with
// the default `connection.idleTimeout`, and with Envoy's own of an hour. The provider is uvicorn, which
// closes connections after 5 s, and 20 ms away. Needs uvicorn 0.35 (`pip install uvicorn`).
//
//   npm run bench:keep-alive [-- UVICORN]
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, type IncomingMessage, request } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { compile, emitEnvoy } from "../src/compile.ts";
import { envoyOptions } from "../tests/support/envoy-options.ts";
import { startEnvoy } from "../tests/support/envoy.ts";
import { freePort } from "../tests/support/ports.ts";

const oneWayMs = 20;
const clients = 100;
const agent = new Agent({ keepAlive: true });
const hosts = { "the default of 4 s": "short.example", "Envoy's own of 1 h": "long.example" };

const folder = mkdtempSync(join(tmpdir(), "keep-alive-"));
const port = await freePort();
const uvicorn = await startUvicorn(process.argv[2] ?? "uvicorn");
const relay = createServer(delay).listen(0, "127.0.0.1");
await once(relay, "listening");
const envoy = await startGateway((relay.address() as AddressInfo).port);

// Pauses around the 5 s, so that each round meets another part of the race.
const pauses = Array.from({ length: 21 }, (_, index) => 4_900 + index * 10);
const failures = new Map(Object.values(hosts).map((host) => [host, 0]));
await round();
for (const pause of pauses) {
  await sleep(pause);
  for (const [host, count] of await round()) failures.set(host, failures.get(host)! + count);
}
const sent = pauses.length * clients;
for (const [name, host] of Object.entries(hosts)) {
  console.log(`idleTimeout ${name}: ${failures.get(host)} of ${sent} requests got 503`);
}
await envoy.stop();
uvicorn.kill();
relay.close();
agent.destroy();
rmSync(folder, { recursive: true });
process.exit(0);

/** One request of each client to each host; how many of them got 503. */
async function round(): Promise<[string, number][]> {
  return Promise.all(
    Object.values(hosts).map(async (host): Promise<[string, number]> => {
      const statuses = await Promise.all(Array.from({ length: clients }, () => ask(host)));
      const odd = statuses.find((status) => status !== 200 && status !== 503);
      if (odd !== undefined) throw new Error(`${host}: ${odd}`);
      return [host, statuses.filter((status) => status === 503).length];
    }),
  );
}

async function ask(host: string): Promise<number> {
  const headers = { host, "content-type": "application/json" };
  const options = { method: "POST", path: "/v1/chat/completions", headers, agent };
  const outgoing = request(envoy.url, options);
  outgoing.end('{"messages":[]}');
  const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
  await answer.resume().toArray();
  return answer.statusCode ?? 0;
}

async function startUvicorn(command: string): Promise<ChildProcess> {
  // It answers after a moment, so that all clients of a round have connections of their own.
  writeFileSync(
    join(folder, "app.py"),
    `import asyncio
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await asyncio.sleep(0.3)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})
`,
  );
  const words = ["--port", String(port), "--log-level", "warning", "--no-access-log", "app:app"];
  const child = spawn(command, words, { cwd: folder, stdio: "inherit" });
  while (!(await canConnect())) {
    if (child.exitCode !== null) throw new Error(`${command} has exited`);
    await sleep(50);
  }
  return child;
}

async function canConnect(): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const isOpen = await once(socket, "connect").then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isOpen;
}

/** Leads a connection to uvicorn, and delays whatever happens on either side. */
function delay(near: Socket): void {
  const far = connect(port, "127.0.0.1");
  for (const [from, to] of [
    [near, far],
    [far, near],
  ] as const) {
    from.setNoDelay();
    const later = (act: () => void) => setTimeout(act, oneWayMs);
    from.on("data", (chunk) => later(() => to.write(chunk)));
    from.on("end", () => later(() => to.end()));
    from.on("error", () => later(() => to.resetAndDestroy()));
  }
}

function startGateway(upstreamPort: number) {
  const connections = { "long.example": { connection: { idleTimeout: "1h" } } };
  const text = Object.values(hosts)
    .flatMap((host) => resources(host, { ...connections[host as keyof typeof connections] }))
    .map((each) => JSON.stringify(each))
    .join("\n---\n");
  const { plan, diagnostics } = compile([{ file: "resources", text }], "envoy");
  if (plan === undefined) throw new Error(JSON.stringify(diagnostics));
  const upstream = { host: "127.0.0.1", port: upstreamPort, tls: false };
  const upstreams = new Map(Object.values(hosts).map((host) => [host, upstream]));
  const wasmFile = resolve("build/llm-egress.wasm");
  return startEnvoy({
    config: ({ egress = 0 }) =>
      emitEnvoy(
        plan,
        envoyOptions({ wasmFile, upstreams, listen: { host: "127.0.0.1", port: egress } }),
      ),
  });
}

function resources(host: string, more: object): object[] {
  const apiVersion = "istio.alibabacloud.com/v1beta1";
  const metadata = { name: host };
  const rules = [{ name: "all", backendRefs: [{ providerHost: host }] }];
  return [
    { apiVersion, kind: "LLMProvider", metadata, spec: { host, ...more } },
    { apiVersion, kind: "LLMRoute", metadata, spec: { host, rules } },
  ];
}
