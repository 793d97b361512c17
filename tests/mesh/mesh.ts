// What a test does with the running mesh. `npm run test:mesh` starts it, once for all test files.
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { EnvoyAdmin } from "../support/envoy-admin.ts";
import { binariesFolder } from "./rig/binaries.ts";
import { runKubectl } from "./rig/kubernetes.ts";
import { gateway, type Proxy, type WorkloadName } from "./rig/names.ts";
import type { ServedModule } from "./rig/provider-stand-in.ts";
import {
  pollUntil,
  type Stored,
  untilAcknowledged,
  untilDrained,
  untilForgotten,
  untilRead,
} from "./settle.ts";
import { Workload } from "./workload.ts";

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

  /** Applies YAML with kubectl, and resolves when it holds at every proxy for every request from then on. */
  async apply(...yaml: string[]): Promise<void> {
    await untilRead(await this.submit(...yaml));
    await untilAcknowledged();
    await untilDrained();
  }

  /** Applies YAML with kubectl, and leaves the waiting to the caller. */
  async submit(...yaml: string[]): Promise<Stored[]> {
    const file = this.#write(yaml);
    const objects = readList(await this.kubectl("apply", "-o", "json", "-f", file));
    for (const object of objects) this.#applied.set(nameOf(object), object);
    return objects;
  }

  /** Deletes what the YAML names, and resolves when no proxy goes by it any more. */
  async delete(...yaml: string[]): Promise<void> {
    const file = this.#write(yaml);
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

  /** Runs istioctl likewise. */
  async istioctl(...words: string[]): Promise<string> {
    const env = { ...process.env, KUBECONFIG: join(this.folder, "kubeconfig") };
    const program = join(binariesFolder(), "istioctl");
    return (await promisify(execFile)(program, words, { env })).stdout;
  }

  #write(yaml: string[]): string {
    const file = join(this.folder, "applied.yaml");
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

/** A file of tests/mesh/fixtures, in which the Wasm module's place and checksum have been filled in. */
export function readFixture(name: string): string {
  const { folder } = connectMesh();
  const module = JSON.parse(readFileSync(join(folder, "module.json"), "utf8")) as ServedModule;
  return readFileSync(join("tests/mesh/fixtures", name), "utf8")
    .replaceAll("${MODULE_URL}", module.url)
    .replaceAll("${MODULE_SHA256}", module.sha256);
}

// kubectl gives a lone object as it is.
function readList(json: string): Stored[] {
  const answer = JSON.parse(json) as Stored & { items?: Stored[] };
  return answer.items ?? [answer];
}

function nameOf({ kind, metadata: { name, namespace = "" } }: Stored): string {
  return `${kind} ${namespace}/${name}`;
}
