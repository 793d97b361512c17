// A controller on an API server that keeps everything in memory, for tests of what it writes.
import { Controller } from "../../src/controller/controller.ts";
import { collectionPaths, type Kind } from "../../src/controller/desired.ts";
import { createLog } from "../../src/controller/log.ts";
import { Secrets } from "../../src/controller/secrets.ts";
import { KubeClient, type KubeObject } from "../../src/kube/client.ts";
import { FakeKube } from "./fake-kube.ts";
import { istioOptions } from "./istio-options.ts";
import { noGateways } from "./no-gateways.ts";
import { until } from "./until.ts";

/** The path of the API group of LLMProvider and LLMRoute. */
export const group = "/apis/istio.alibabacloud.com/v1beta1";
/** The collections of LLMProvider and LLMRoute. */
export const own = { LLMProvider: `${group}/llmproviders`, LLMRoute: `${group}/llmroutes` };

type OwnKind = keyof typeof own;

interface PluginSpec {
  pluginConfig: { providers: { name: string; clusters: string[]; path: string }[] };
}

export interface Status {
  status: string;
  observedGeneration: number;
  conditions: { type: string; status: string; reason: string; message: string }[];
}

const workloadSelector = { labels: { istio: "egressgateway" } };

export class ControlledKube {
  readonly fake: FakeKube;
  /** The log of the controllers. */
  lines: string[] = [];
  #running: { stop: AbortController; ended: Promise<void> }[] = [];

  private constructor(fake: FakeKube) {
    this.fake = fake;
  }

  static async start(): Promise<ControlledKube> {
    const fake = await FakeKube.start();
    fake.intercept = ({ path, method }) =>
      path === group && method === "GET" ? discovery("create") : undefined;
    return new ControlledKube(fake);
  }

  async close(): Promise<void> {
    await this.stopControllers();
    await this.fake.close();
  }

  startController({ pruneAll = false, settleMs = 120 } = {}): void {
    const secrets = new Secrets();
    const log = createLog("debug", secrets.hide, (line) => void this.lines.push(line));
    const controller = new Controller(new KubeClient(this.fake.access), {
      istio: istioOptions(),
      gateways: noGateways,
      ...{ log, secrets, isLeader: () => true, instance: "test", pruneAll, settleMs },
    });
    const stop = new AbortController();
    this.#running.push({ stop, ended: controller.run(stop.signal) });
  }

  async stopControllers(): Promise<void> {
    for (const { stop } of this.#running) stop.abort();
    await Promise.all(this.#running.map(({ ended }) => ended));
    this.#running = [];
  }

  /** Creates or changes an LLMProvider or LLMRoute in the namespace `models`. */
  apply(kind: OwnKind, name: string, spec: object): void {
    const metadata = { name, namespace: "models" };
    this.fake.put(own[kind], {
      apiVersion: "istio.alibabacloud.com/v1beta1",
      ...{ kind, metadata, spec },
    });
  }

  applyProvider(name: string, more: object = {}): void {
    this.apply("LLMProvider", name, { host: `${name}.example`, workloadSelector, ...more });
  }

  applyRoute(name: string, host = `${name}.example`): void {
    const rules = [{ name, backendRefs: [{ providerHost: host }] }];
    const gateways = ["istio-system/egress"];
    this.apply("LLMRoute", name, { host: `${name}.example`, gateways, rules });
  }

  /** An object that the controller writes. */
  live(kind: Kind, name: string): KubeObject | undefined {
    return this.fake.at(pathOf(kind, name));
  }

  plugin(): KubeObject | undefined {
    return this.live("WasmPlugin", "llm-egress-istio-egressgateway");
  }

  providersOfPlugin(): PluginSpec["pluginConfig"]["providers"] {
    return (this.plugin()?.["spec"] as PluginSpec | undefined)?.pluginConfig.providers ?? [];
  }

  ownAt(kind: OwnKind, name: string): KubeObject | undefined {
    return this.fake.at(own[kind].replace(/(\w+)$/, `namespaces/models/$1/${name}`));
  }

  statusOf(kind: OwnKind, name: string): Status | undefined {
    return this.ownAt(kind, name)?.["status"] as Status | undefined;
  }

  isReady(kind: OwnKind, name: string): boolean {
    return this.statusOf(kind, name)?.status === "Ready";
  }

  /** Resolves when a provider and a route of each name are in effect. */
  async untilReady(...names: string[]): Promise<void> {
    await until(() => names.every((name) => this.isReady("LLMProvider", name)));
    await until(() => names.every((name) => this.isReady("LLMRoute", name)));
  }
}

/** The path of an object that the controller writes. */
export function pathOf(kind: Kind, name: string): string {
  return collectionPaths[kind].replace(/(\w+)$/, `namespaces/models/$1/${name}`);
}

/** Discovery, which the fake does not know, as a refusal with a body of its own. */
export function discovery(...verbs: string[]): { status: number; body: object } {
  const resources = ["llmproviders", "llmroutes"].map((name) => ({ name, verbs }));
  return { status: 200, body: { resources } };
}
