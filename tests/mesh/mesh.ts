// What a test does with the running mesh. `npm run test:mesh` starts it, once for all test files.
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { EnvoyAdmin } from "../support/envoy-admin.ts";
import { binariesFolder } from "./rig/binaries.ts";
import { runKubectl } from "./rig/kubernetes.ts";
import { gateway, type Proxy, type WorkloadName } from "./rig/names.ts";
import {
  countRefusals,
  pollUntil,
  type Stored,
  untilAcknowledged,
  untilDrained,
  untilForgotten,
  untilRead,
  version,
} from "./settle.ts";
import { Workload } from "./workload.ts";

// What users apply. Not namespaces: no controller would ever end their deletion here.
const followedKinds = [
  ...["gateways", "virtualservices", "destinationrules", "serviceentries"].map(
    (kind) => `${kind}.networking.istio.io`,
  ),
  ...["authorizationpolicies", "requestauthentications"].map((kind) => `${kind}.security.istio.io`),
  ...["wasmplugins.extensions.istio.io", "telemetries.telemetry.istio.io", "services", "secrets"],
  ...["llmproviders", "llmroutes"].map((kind) => `${kind}.istio.alibabacloud.com`),
];

export class Mesh {
  /** Holds each component's log, `<name>.log`, and the kubeconfig. */
  readonly folder: string;
  readonly #applied = new Map<string, Stored>();
  readonly #workloads = new Map<WorkloadName, Workload>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** A workload, to make requests as. */
  as(name: WorkloadName): Workload {
    const workload = this.#workloads.get(name) ?? new Workload(this.folder, name);
    this.#workloads.set(name, workload);
    return workload;
  }

  /** What `llm-egress render --target istio` makes of YAML; the filter's module is in the registry, by its digest. */
  async render(...yaml: string[]): Promise<string> {
    const file = this.#write("resources.yaml", yaml);
    const wasm = ["--wasm-url", readFileSync(join(this.folder, "wasm-url"), "utf8")];
    const words = ["build/llm-egress.mjs", "render", "--target", "istio", ...wasm, file];
    return (await promisify(execFile)(process.execPath, words)).stdout;
  }

  /** Applies YAML with kubectl, and resolves when it holds at every proxy for every request from then on. */
  async apply(...yaml: string[]): Promise<void> {
    await this.#untilHeld(() => this.submit(...yaml));
  }

  /** Has `act` change resources by itself, and resolves when that holds as after `apply`. */
  async follow(act: () => Promise<void>): Promise<void> {
    await this.#untilHeld(async () => {
      const before = new Set((await this.#list()).map(version));
      let changed: Stored[] = [];
      try {
        await act();
      } finally {
        changed = (await this.#list()).filter((object) => !before.has(version(object)));
        for (const object of changed) this.#applied.set(nameOf(object), object);
      }
      return changed;
    });
  }

  async #untilHeld(change: () => Promise<Stored[]>): Promise<void> {
    const refusals = await countRefusals();
    await untilRead(await change());
    await untilAcknowledged();
    await untilDrained();
    if ((await countRefusals()) > refusals) {
      throw new Error(`A proxy has refused what was applied: see the logs in ${this.folder}`);
    }
  }

  /** Applies YAML with kubectl, and leaves the waiting to the caller. */
  async submit(...yaml: string[]): Promise<Stored[]> {
    const file = this.#write("applied.yaml", yaml);
    const objects = readList(await this.kubectl("apply", "-o", "json", "-f", file));
    for (const object of objects) this.#applied.set(nameOf(object), object);
    return objects;
  }

  /** Deletes what the YAML names, and resolves when no proxy goes by it any more. */
  async delete(...yaml: string[]): Promise<void> {
    const file = this.#write("applied.yaml", yaml);
    const objects = readList(await this.kubectl("get", "-o", "json", "-f", file));
    await this.kubectl("delete", "-f", file);
    for (const object of objects) this.#applied.delete(nameOf(object));
    await untilForgotten(objects);
    await untilAcknowledged();
    await untilDrained();
  }

  /** Deletes all that was applied through this object: the next test file finds an empty mesh. */
  async clear(): Promise<void> {
    if (this.#applied.size === 0) return;
    const objects = [...this.#applied.values()];
    await this.delete(objects.map((object) => JSON.stringify(object)).join("\n---\n"));
  }

  /** The admin endpoint of a proxy's Envoy; the gateway's by default. */
  admin(proxy: Proxy = gateway): EnvoyAdmin {
    return new EnvoyAdmin(`127.0.0.1:${proxy.adminPort}`);
  }

  /** All of a proxy's configuration as its admin endpoint tells it, as JSON text. */
  async configDump(proxy: Proxy = gateway): Promise<string> {
    return JSON.stringify(await this.admin(proxy).configDump());
  }

  /** Resolves when the gateway's configuration is as the condition says. */
  async waitForGateway(what: string, condition: (dump: string) => boolean): Promise<void> {
    await pollUntil(what, async () => condition(await this.configDump()));
  }

  /** The gateway's agent's and Envoy's log so far, access log included, which Envoy writes once a second. */
  gatewayLogs(): string {
    return readFileSync(join(this.folder, `${gateway.name}.log`), "utf8");
  }

  /** Runs kubectl as the cluster's administrator; gives stdout, and rejects with stderr. */
  kubectl(...words: string[]): Promise<string> {
    return runKubectl(this.folder, words);
  }

  /** Runs istioctl likewise; some of its commands tell their findings on stderr. */
  istioctl(...words: string[]): Promise<{ stdout: string; stderr: string }> {
    const env = { ...process.env, KUBECONFIG: join(this.folder, "kubeconfig") };
    return promisify(execFile)(join(binariesFolder(), "istioctl"), words, { env });
  }

  async #list(): Promise<Stored[]> {
    const words = ["get", followedKinds.join(","), "--all-namespaces", "-o", "json"];
    return readList(await this.kubectl(...words));
  }

  #write(name: string, yaml: string[]): string {
    const file = join(this.folder, name);
    writeFileSync(file, yaml.join("\n---\n"));
    return file;
  }
}

/** The mesh that this test process runs in. */
export function connectMesh(): Mesh {
  const folder = process.env["LLM_EGRESS_MESH"];
  if (folder === undefined) throw new Error("Only `npm run test:mesh` runs this test.");
  return new Mesh(folder);
}

/** A file of the five steps, as users have it in examples/egress-gateway. */
export function readExample(name: string): string {
  return readFileSync(join("examples/egress-gateway", name), "utf8");
}

// kubectl gives a lone object as it is.
function readList(json: string): Stored[] {
  const answer = JSON.parse(json) as Stored & { items?: Stored[] };
  return answer.items ?? [answer];
}

function nameOf({ kind, metadata: { name, namespace = "" } }: Stored): string {
  return `${kind} ${namespace}/${name}`;
}
