// What tests do with the running mesh. `npm run test:mesh` starts it once for all test files.
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { sourceAnnotation } from "../../src/controller/desired.ts";
import { EnvoyAdmin } from "../support/envoy-admin.ts";
import { findHelm } from "../support/helm.ts";
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

// The kinds that users apply. Namespaces are not included, as this mesh has no controller to
// finalize their deletion.
const followedKinds = [
  ...["gateways", "virtualservices", "destinationrules", "serviceentries"].map(
    (kind) => `${kind}.networking.istio.io`,
  ),
  ...["authorizationpolicies", "requestauthentications"].map((kind) => `${kind}.security.istio.io`),
  ...["wasmplugins.extensions.istio.io", "telemetries.telemetry.istio.io", "services", "secrets"],
  ...["llmproviders", "llmroutes"].map((kind) => `${kind}.istio.alibabacloud.com`),
];

export class Mesh {
  /** The folder with the log of each component, `<name>.log`, and the kubeconfig. */
  readonly folder: string;
  readonly #applied = new Map<string, Stored>();
  readonly #workloads = new Map<WorkloadName, Workload>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The workload with this name, to make requests. */
  as(name: WorkloadName): Workload {
    const workload = this.#workloads.get(name) ?? new Workload(this.folder, name);
    this.#workloads.set(name, workload);
    return workload;
  }

  /**
   * The output of `llm-egress render --target istio` for YAML, with the filter's module in the
   * registry, by its digest.
   */
  render(...yaml: string[]): Promise<string> {
    return this.renderWith([], ...yaml);
  }

  /** The same, with options of the command. */
  async renderWith(options: string[], ...yaml: string[]): Promise<string> {
    const file = this.#write("resources.yaml", yaml);
    const wasm = ["--wasm-url", readFileSync(join(this.folder, "wasm-url"), "utf8")];
    const words = [
      "build/llm-egress.mjs",
      "render",
      "--target",
      "istio",
      ...wasm,
      ...options,
      file,
    ];
    return (await promisify(execFile)(process.execPath, words)).stdout;
  }

  /**
   * Applies YAML with kubectl. Resolves when it is in effect at every proxy for all further
   * requests.
   */
  async apply(...yaml: string[]): Promise<void> {
    await this.#untilHeld(() => this.submit(...yaml));
  }

  /**
   * Runs `act`, which changes resources by itself. Resolves when the changes are in effect, as
   * after `apply`.
   */
  async follow(act: () => Promise<void>): Promise<void> {
    await this.#untilHeld(async () => {
      const before = new Set((await this.#list()).map(version));
      let changed: Stored[] = [];
      try {
        await act();
      } finally {
        changed = (await this.#list()).filter((object) => !before.has(version(object)));
        for (const object of changed.filter(isUsers)) this.#applied.set(nameOf(object), object);
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
      throw new Error(`A proxy rejected the configuration. See the logs in ${this.folder}`);
    }
  }

  /** Applies YAML with kubectl, but does not wait until it is in effect. */
  async submit(...yaml: string[]): Promise<Stored[]> {
    const file = this.#write("applied.yaml", yaml);
    const objects = readList(await this.kubectl("apply", "-o", "json", "-f", file));
    for (const object of objects) this.#applied.set(nameOf(object), object);
    return objects;
  }

  /** Deletes the objects in the YAML. Resolves when they are no longer in effect at any proxy. */
  async delete(...yaml: string[]): Promise<void> {
    const file = this.#write("applied.yaml", yaml);
    const words = ["--ignore-not-found", "-f", file];
    const objects = readList(await this.kubectl("get", "-o", "json", ...words));
    await this.kubectl("delete", ...words);
    for (const object of objects) this.#applied.delete(nameOf(object));
    await untilForgotten(objects);
    await untilAcknowledged();
    await untilDrained();
  }

  /**
   * Deletes all that was applied through this object, so that the next test file starts with an
   * empty mesh.
   */
  async clear(): Promise<void> {
    if (this.#applied.size === 0) return;
    const objects = [...this.#applied.values()];
    await this.delete(objects.map((object) => JSON.stringify(object)).join("\n---\n"));
  }

  /** The admin interface of a proxy's Envoy; the gateway's by default. */
  admin(proxy: Proxy = gateway): EnvoyAdmin {
    return new EnvoyAdmin(`127.0.0.1:${proxy.adminPort}`);
  }

  /** The whole configuration dump of a proxy, as JSON text. */
  async configDump(proxy: Proxy = gateway): Promise<string> {
    return JSON.stringify(await this.admin(proxy).configDump());
  }

  /** Resolves when the gateway's configuration fulfils the condition. */
  async waitForGateway(what: string, condition: (dump: string) => boolean): Promise<void> {
    await pollUntil(what, async () => condition(await this.configDump()));
  }

  /**
   * The log of the gateway's agent and Envoy so far. It includes the access log, which Envoy writes
   * once a second.
   */
  gatewayLogs(): string {
    return readFileSync(join(this.folder, `${gateway.name}.log`), "utf8");
  }

  /** Runs kubectl as the cluster's administrator. Resolves with stdout, and rejects with stderr. */
  kubectl(...words: string[]): Promise<string> {
    return runKubectl(this.folder, words);
  }

  /** Runs istioctl in the same way. Some of its commands print their findings to stderr. */
  istioctl(...words: string[]): Promise<{ stdout: string; stderr: string }> {
    const env = { ...process.env, KUBECONFIG: join(this.folder, "kubeconfig") };
    return promisify(execFile)(join(binariesFolder(), "istioctl"), words, { env });
  }

  /** Runs Helm in the same way as kubectl. */
  async helm(...words: string[]): Promise<string> {
    const env = { ...process.env, KUBECONFIG: join(this.folder, "kubeconfig") };
    return (await promisify(execFile)(findHelm() ?? "helm", words, { env })).stdout;
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

/** The mesh in which this test process runs. */
export function connectMesh(): Mesh {
  const folder = process.env["LLM_EGRESS_MESH"];
  if (folder === undefined) throw new Error("Only `npm run test:mesh` runs this test.");
  return new Mesh(folder);
}

/** A file of the five steps, from examples/egress-gateway. */
export function readExample(name: string): string {
  return readFileSync(join("examples/egress-gateway", name), "utf8");
}

// The controller deletes its own objects.
function isUsers({ metadata }: Stored): boolean {
  return metadata.annotations?.[sourceAnnotation] === undefined;
}

// kubectl prints a single object without a list, and nothing if there is none.
function readList(json: string): Stored[] {
  if (json === "") return [];
  const answer = JSON.parse(json) as Stored & { items?: Stored[] };
  return answer.items ?? [answer];
}

function nameOf({ kind, metadata: { name, namespace = "" } }: Stored): string {
  return `${kind} ${namespace}/${name}`;
}
