// A scripted proxy-wasm host. It runs the built module as Envoy does, the test makes every
// callback, and the host records what the filter does.

import { readFileSync } from "node:fs";
import type { PluginConfig } from "../../contract/plugin-config.ts";
import { type HeaderList, parsePairs, serialise } from "./header-list.ts";
import { metricImports } from "./metric-imports.ts";
import { type CallAnswer, type RootCall, RootCalls } from "./root-calls.ts";
import { newSharedData, type SharedData, sharedDataImports } from "./shared-data.ts";
import { wasiImports } from "./wasi-imports.ts";
import { WasmStream } from "./wasm-stream.ts";

export {
  CONTINUE,
  HOLD,
  type LocalResponse,
  STOP,
  STOP_NO_BUFFER,
  WasmStream,
} from "./wasm-stream.ts";
export type { HeaderList };

export interface WasmHostOptions {
  /** The plugin configuration: an object, or text that is passed on unchanged. */
  config: PluginConfig | string;
  env?: Record<string, string>;
  /** Shared with other hosts, which are then workers of the same Envoy. */
  sharedData?: SharedData;
  /**
   * Called while the module sends a local response, as Envoy may make callbacks during that call.
   */
  onLocalResponse?: (host: WasmHost, stream: WasmStream) => void;
}

const OK = 0;
const NOT_FOUND = 1;
const BAD_ARGUMENT = 2;
const ROOT_ID = 1;
const DEBUG = 1;

const wasmModule = new WebAssembly.Module(
  readFileSync(new URL("../../build/llm-egress.wasm", import.meta.url)),
);

/** One module in one VM, configured. */
export class WasmHost {
  readonly logs: string[] = [];
  /** The lines at debug, which Envoy leaves out by default. */
  readonly debugLogs: string[] = [];
  readonly counters = new Map<string, number>();
  /** The values that the filter recorded in each histogram. */
  readonly histograms = new Map<string, number[]>();
  /** The time that the host reports to the module, in milliseconds since 1970. */
  clock = 1_700_000_000_000;
  readonly accepted: boolean;
  /** The number of host calls, by function name. */
  readonly calls = new Map<string, number>();
  readonly memory: WebAssembly.Memory;
  readonly rootCalls = new RootCalls(
    (start, size) => this.read(start, size),
    () => ({ root: this.rootOf(this.current), time: this.clock }),
  );

  private readonly exports: Record<string, (...args: number[]) => unknown>;
  private readonly streams = new Map<number, WasmStream>();
  private config: Buffer = Buffer.alloc(0);
  private readonly env: Record<string, string>;
  private readonly onLocalResponse: WasmHostOptions["onLocalResponse"];
  readonly sharedData: SharedData;
  private current = ROOT_ID;
  /** The root context that new streams belong to, and that is configured. */
  private root = ROOT_ID;
  private nextId = ROOT_ID + 1;
  /** What the module has asked for that Envoy does after the callback. */
  private afterCallback: (() => void)[] = [];
  private depth = 0;

  constructor(options: WasmHostOptions) {
    this.env = options.env ?? {};
    this.sharedData = options.sharedData ?? newSharedData();
    this.onLocalResponse = options.onLocalResponse;
    const instance = new WebAssembly.Instance(wasmModule, this.imports());
    this.exports = instance.exports as Record<string, (...args: number[]) => unknown>;
    this.memory = instance.exports["memory"] as WebAssembly.Memory;
    this.invoke("_start");
    this.invoke("proxy_on_context_create", ROOT_ID, 0);
    this.accepted = this.configure(options.config);
  }

  /** Passes a configuration to the module. False if the module refuses it. */
  configure(config: PluginConfig | string): boolean {
    this.config = Buffer.from(typeof config === "string" ? config : JSON.stringify(config));
    return this.run(this.root, "proxy_on_configure", this.root, this.config.length) === 1;
  }

  /**
   * Passes a configuration to a new root context in the same VM, as Envoy does, and makes new streams
   * there. Returns the previous root context, which goes on until `deleteRoot`.
   */
  replace(config: PluginConfig): number {
    const previous = this.root;
    this.root = this.nextId++;
    this.run(this.root, "proxy_on_context_create", this.root, 0);
    this.configure(config);
    return previous;
  }

  deleteRoot(id: number): void {
    this.run(id, "proxy_on_delete", id);
    this.rootCalls.ticks.delete(id);
  }

  /** Lets time pass, with the ticks that are due. */
  pass(milliseconds: number): void {
    const end = this.clock + milliseconds;
    for (;;) {
      const next = this.rootCalls.nextTick(end);
      if (next === undefined) break;
      this.clock = next.at;
      this.run(next.root, "proxy_on_tick", next.root);
    }
    this.clock = end;
  }

  /** Answers the oldest call of a root context; without an answer, the call fails. */
  answerCall(answer?: CallAnswer): RootCall {
    const call = this.rootCalls.take();
    this.rootCalls.answer = answer;
    const size = Buffer.byteLength(answer?.body ?? "");
    const headers = answer === undefined ? 0 : 1;
    this.run(call.root, "proxy_on_http_call_response", call.root, call.token, headers, size, 0);
    this.rootCalls.answer = undefined;
    return call;
  }

  /** A new stream, which Envoy has routed to `cluster`. */
  stream(cluster: string, route = ""): WasmStream {
    const id = this.nextId++;
    const stream = new WasmStream(this, { id, root: this.root }, cluster, route);
    this.streams.set(id, stream);
    this.run(id, "proxy_on_context_create", id, this.root);
    return stream;
  }

  /** Makes a callback for a stream. */
  run(id: number, callback: string, ...args: number[]): number {
    const previous = this.current;
    this.current = id;
    this.depth++;
    const result = this.invoke(callback, ...args);
    this.depth--;
    this.current = previous;
    if (this.depth === 0) for (const action of this.afterCallback.splice(0)) action();
    return result;
  }

  /** Ends a stream as Envoy does. Does nothing if the stream has already ended. */
  end(id: number): void {
    if (!this.streams.has(id)) return;
    this.run(id, "proxy_on_log", id);
    this.run(id, "proxy_on_delete", id);
    this.streams.delete(id);
  }

  private rootOf(id: number): number {
    return this.streams.get(id)?.root ?? id;
  }

  private invoke(callback: string, ...args: number[]): number {
    const target = this.exports[callback];
    if (target === undefined) throw new Error(`the module does not export ${callback}`);
    return Number(target(...args));
  }

  private get stream_(): WasmStream {
    const stream = this.streams.get(this.current);
    if (stream === undefined) throw new Error("a host call for a stream outside of a stream");
    return stream;
  }

  private view(): DataView {
    return new DataView(this.memory.buffer);
  }

  private read(start: number, size: number): Buffer {
    return Buffer.from(this.memory.buffer.slice(start, start + size));
  }

  private text(start: number, size: number): string {
    return this.read(start, size).toString();
  }

  private answer(bytes: Buffer, outStart: number, outSize: number): number {
    const start = this.invoke("proxy_on_memory_allocate", bytes.length);
    bytes.copy(Buffer.from(this.memory.buffer), start);
    this.view().setUint32(outStart, start, true);
    this.view().setUint32(outSize, bytes.length, true);
    return OK;
  }

  private imports(): WebAssembly.Imports {
    const env: Record<string, (...args: number[]) => number> = {
      ...this.contextImports(),
      ...this.headerImports(),
      ...this.bodyImports(),
      ...sharedDataImports(this.sharedData, {
        read: (start, size) => this.read(start, size),
        answer: (bytes, outStart, outSize) => this.answer(bytes, outStart, outSize),
        writeNumber: (out, value) => this.view().setUint32(out, value, true),
      }),
    };
    for (const [name, call] of Object.entries(env)) {
      env[name] = (...args) => {
        this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
        return call(...args);
      };
    }
    return { env, wasi_snapshot_preview1: wasiImports(this.env, () => this.memory) };
  }

  private contextImports(): Record<string, (...args: number[]) => number> {
    return {
      proxy_log: (level, start, size) => {
        (level > DEBUG ? this.logs : this.debugLogs).push(this.text(start, size));
        return OK;
      },
      proxy_get_property: (start, size, outStart, outSize) => {
        const path = this.text(start, size);
        const value = path.startsWith("plugin_") ? "llm-egress" : this.stream_.properties.get(path);
        return value === undefined ? NOT_FOUND : this.answer(Buffer.from(value), outStart, outSize);
      },
      proxy_set_property: (start, size, value, valueSize) => {
        this.stream_.filterState.set(this.text(start, size), this.text(value, valueSize));
        return OK;
      },
      proxy_get_current_time_nanoseconds: (out) => {
        this.view().setBigUint64(out, BigInt(Math.floor(this.clock * 1000)) * 1000n, true);
        return OK;
      },
      proxy_set_effective_context: (id) => {
        this.current = id;
        return OK;
      },
      proxy_continue_stream: () => {
        const stream = this.stream_;
        this.afterCallback.push(() => stream.go());
        return OK;
      },
      ...this.rootCalls.imports((out, token) => this.view().setUint32(out, token, true)),
      ...metricImports(
        this,
        (start, size) => this.text(start, size),
        (out, id) => this.view().setUint32(out, id, true),
      ),
    };
  }

  private headerImports(): Record<string, (...args: number[]) => number> {
    return {
      proxy_get_header_map_pairs: (map, outStart, outSize) =>
        this.answer(serialise(this.stream_.headerMap(map)), outStart, outSize),
      // eslint-disable-next-line max-params -- the ABI's
      proxy_get_header_map_value: (map, start, size, outStart, outSize) => {
        const value = this.headerValue(map, this.text(start, size));
        return value === undefined
          ? BAD_ARGUMENT
          : this.answer(Buffer.from(value), outStart, outSize);
      },
      proxy_set_header_map_pairs: (map, start, size) => {
        this.stream_.headerMap(map).splice(0, Infinity, ...parsePairs(this.read(start, size)));
        return OK;
      },
      proxy_add_header_map_value: (map, ...spans) => {
        this.stream_.headerMap(map).push(this.pair(spans));
        return OK;
      },
      proxy_replace_header_map_value: (map, ...spans) => {
        const [name, value] = this.pair(spans);
        const headers = this.stream_.headerMap(map);
        const index = headers.findIndex((header) => header[0] === name);
        if (index < 0) headers.push([name, value]);
        else headers[index] = [name, value];
        return OK;
      },
      proxy_remove_header_map_value: (map, start, size) => {
        const name = this.text(start, size);
        const headers = this.stream_.headerMap(map);
        headers.splice(0, Infinity, ...headers.filter((header) => header[0] !== name));
        return OK;
      },
    };
  }

  private headerValue(map: number, name: string): string | undefined {
    if (map === 6) return this.rootCalls.answer?.status.toString();
    return this.stream_.headerMap(map).find((header) => header[0] === name)?.[1];
  }

  private pair(spans: number[]): [string, string] {
    const [name, nameSize, value, valueSize] = spans as [number, number, number, number];
    return [this.text(name, nameSize), this.text(value, valueSize)];
  }

  private get callBody(): Buffer {
    return Buffer.from(this.rootCalls.answer?.body ?? "");
  }

  private bodyImports(): Record<string, (...args: number[]) => number> {
    return {
      // eslint-disable-next-line max-params -- the ABI's
      proxy_get_buffer_bytes: (kind, start, size, outStart, outSize) => {
        const source = kind === 7 ? this.config : kind === 4 ? this.callBody : this.stream_.chunk;
        return this.answer(source.subarray(start, start + size), outStart, outSize);
      },
      // eslint-disable-next-line max-params -- the ABI's
      proxy_set_buffer_bytes: (_kind, start, length, data, size) => {
        const stream = this.stream_;
        if (start !== 0) return BAD_ARGUMENT;
        if (length === 0) stream.chunk = Buffer.concat([this.read(data, size), stream.chunk]);
        else if (length >= stream.chunk.length) stream.chunk = this.read(data, size);
        else return BAD_ARGUMENT;
        return OK;
      },
      proxy_send_local_response: (status, ...spans) => {
        const [details, detailsSize, body, bodySize, pairs, pairsSize] = spans;
        const stream = this.stream_;
        const headers = parsePairs(this.read(pairs!, pairsSize!));
        this.onLocalResponse?.(this, stream);
        // Read only at this point, as the module's memory must stay valid until the call returns.
        stream.localResponses.push({
          status: status,
          details: this.text(details!, detailsSize!),
          body: this.text(body!, bodySize!),
          headers,
        });
        return OK;
      },
    };
  }
}
