// Runs the quickstart as `llm-egress render` writes it, in one Envoy with several listeners: the
// rendered one, the same without the filter, and the same with a module that makes only the
// filter's host calls (wasm/host-calls.ts). The provider is a second Envoy that reads each request
// completely and answers immediately, or one of the benchmark itself.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import { findEnvoy } from "../src/cli/envoy-binary.ts";
import { freePort } from "../tests/support/ports.ts";

interface HttpFilter {
  name: string;
  typed_config: object;
}

interface WasmFilter {
  config: { vm_config: { vm_id: string; code: { local: { filename: string } } } };
}

interface ConnectionManager {
  http_filters: HttpFilter[];
}

interface Listener {
  name: string;
  address: { socket_address: { port_value: number } };
  filter_chains: { filters: { typed_config: ConnectionManager }[] }[];
}

/** Several gateways in one process. */
export interface Gateways {
  pid: number;
  /** The ports of the rendered listener, and of the same listener without the filter. */
  withFilter: number;
  withoutFilter: number;
  /** The port of the listener with only the filter's host calls, if the options request it. */
  withCalls: number;
  stop: () => Promise<void>;
}

export interface GatewaysOptions {
  /** The port of a provider that is already running. */
  provider?: number;
  /** Whether clients may request streaming. */
  streams?: boolean;
  /** Whether to add a listener with only the filter's host calls. */
  calls?: boolean;
  /** A command, with its options, under which the gateways' Envoy is run. */
  under?: readonly string[];
}

/** Starts the Envoys, each with one worker thread. */
export async function startGateways(options: GatewaysOptions = {}): Promise<Gateways> {
  const provider =
    options.provider === undefined
      ? await startEnvoy((port, admin) => providerConfig(port, admin))
      : { port: options.provider, stop: () => Promise.resolve() };
  const bare = await freePort();
  const calls = await freePort();
  const gateway = await startEnvoy(
    (port, admin) => gatewayConfig({ port, admin, bare, calls, provider: provider.port }, options),
    options.under,
  );
  return {
    pid: gateway.child.pid!,
    withFilter: gateway.port,
    withoutFilter: bare,
    withCalls: calls,
    stop: async () => {
      await gateway.stop();
      await provider.stop();
    },
  };
}

type Ports = Record<"port" | "admin" | "bare" | "calls" | "provider", number>;

function gatewayConfig(ports: Ports, { streams = false, calls = false }: GatewaysOptions): object {
  const folder = mkdtempSync(join(tmpdir(), "llm-egress-bench-"));
  cpSync("examples/quickstart", folder, { recursive: true });
  const file = join(folder, "dashscope-qwen.yaml");
  const text = readFileSync(file, "utf8");
  if (!streams) writeFileSync(file, text.replace(/^( *)model: .*\n/m, "$&$1stream: false\n"));
  const yaml = execFileSync(process.execPath, [
    ...["build/llm-egress.mjs", "render", "--target", "envoy", folder],
    ...["--listen", `127.0.0.1:${ports.port}`, "--admin", `127.0.0.1:${ports.admin}`],
    ...["--upstream", `dashscope.aliyuncs.com=http://127.0.0.1:${ports.provider}`],
  ]);
  rmSync(folder, { recursive: true });
  const config = parse(yaml.toString()) as { static_resources: { listeners: Listener[] } };
  const { listeners } = config.static_resources;
  const [listener] = listeners;
  const bare = copyListener(listener!, "bare", ports.bare);
  bare.manager.http_filters = bare.manager.http_filters.filter((each) => !isOurs(each));
  listeners.push(bare.listener);
  if (calls) listeners.push(callsListener(listener!, ports.calls));
  return config;
}

function callsListener(from: Listener, port: number): Listener {
  const { listener, manager } = copyListener(from, "calls", port);
  const filter = manager.http_filters.find(isOurs)!.typed_config as WasmFilter;
  filter.config.vm_config.vm_id = "calls";
  filter.config.vm_config.code.local.filename = buildHostCalls();
  return listener;
}

function isOurs({ name }: HttpFilter): boolean {
  return name === "llm-egress";
}

function copyListener(from: Listener, name: string, port: number) {
  const listener = structuredClone(from);
  listener.name = name;
  listener.address.socket_address.port_value = port;
  return { listener, manager: listener.filter_chains[0]!.filters[0]!.typed_config };
}

// Builds without the filter's own asconfig.json.
function buildHostCalls(): string {
  const file = resolve("build/host-calls.wasm");
  execFileSync(process.execPath, [
    ...["node_modules/assemblyscript/bin/asc.js", "bench/wasm/host-calls.ts", "--config", "none"],
    ...["--lib", "assembly/compat", "--use", "abort=", "--exportStart", "_start"],
    ...["-O3", "--runtime", "stub", "--outFile", file],
  ]);
  return file;
}

const usage = '"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}';
const text =
  '"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"You said: hi"}';
const jsonAnswer = `{"id":"c","object":"chat.completion","choices":[{${text}}],${usage}}`;
const chunk =
  'data: {"id":"c","object":"chat.completion.chunk","choices":[{"delta":{"content":"hi"}}]}';
const streamedAnswer = [chunk, chunk, `data: {"id":"c","choices":[],${usage}}`, "data: [DONE]", ""];

function answering(match: object, type: string, body: string | string[]): object {
  const header = { key: "content-type", value: type };
  return {
    match,
    direct_response: { status: 200, body: { inline_string: [body].flat().join("\n\n") } },
    response_headers_to_add: [{ header, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" }],
  };
}

function providerConfig(port: number, admin: number): object {
  const typed = (name: string, more: object = {}) => ({
    "@type": `type.googleapis.com/envoy.extensions.filters.${name}`,
    ...more,
  });
  // A request with `x-stream` gets a streamed answer.
  const headers = [{ name: "x-stream", present_match: true }];
  const routes = [
    answering({ prefix: "/", headers }, "text/event-stream", streamedAnswer),
    answering({ prefix: "/" }, "application/json", jsonAnswer),
  ];
  const manager = typed("network.http_connection_manager.v3.HttpConnectionManager", {
    stat_prefix: "provider",
    route_config: { virtual_hosts: [{ name: "any", domains: ["*"], routes }] },
    http_filters: [
      {
        name: "buffer",
        typed_config: typed("http.buffer.v3.Buffer", { max_request_bytes: 2 ** 28 }),
      },
      { name: "router", typed_config: typed("http.router.v3.Router") },
    ],
  });
  const address = (value: number) => ({
    socket_address: { address: "127.0.0.1", port_value: value },
  });
  const filters = [{ name: "http", typed_config: manager }];
  const listener = { name: "provider", address: address(port), filter_chains: [{ filters }] };
  return { admin: { address: address(admin) }, static_resources: { listeners: [listener] } };
}

interface Running {
  child: ChildProcess;
  port: number;
  stop: () => Promise<void>;
}

async function startEnvoy(
  config: (port: number, admin: number) => object,
  under: readonly string[] = [],
): Promise<Running> {
  const binary = await findEnvoy({ log: (line) => console.error(line) });
  const port = await freePort();
  const admin = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "llm-egress-bench-"));
  const file = join(folder, "envoy.json");
  writeFileSync(file, JSON.stringify(config(port, admin)));
  const args = ["-c", file, "--use-dynamic-base-id", "--concurrency", "1", "--log-level", "off"];
  const [program = binary, ...before] = [...under, binary];
  const env = { ...process.env, DASHSCOPE_API_KEY: "sk-0123456789abcdef0123456789abcdef" };
  const child = spawn(program, [...before, ...args], { stdio: "ignore", env });
  for (let attempt = 0; !(await isReady(admin)); attempt++) {
    if (attempt === 2000 || child.exitCode !== null) throw new Error("Envoy did not start");
    await sleep(50);
  }
  const stop = async () => {
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
    rmSync(folder, { recursive: true });
  };
  return { child, port, stop };
}

async function isReady(admin: number): Promise<boolean> {
  const response = await fetch(`http://127.0.0.1:${admin}/ready`).catch(() => undefined);
  return response?.status === 200;
}

/** The CPU time that a process has used, in microseconds. A clock tick of Linux is 10 ms. */
export function cpuMicroseconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

/** The memory that a process uses (resident set size), in bytes. */
export function residentBytes(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "latin1"));
  return Number(line![1]) * 1024;
}
