// Runs `llm-egress controller` against the mesh, with the rights that it is documented to need.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { findHelm, renderChart } from "../support/helm.ts";
import type { Mesh } from "./mesh.ts";
import {
  controllerAddresses,
  controllerHost,
  controllerPort,
  keysPort,
  kubeApi,
} from "./rig/names.ts";

export interface ControllerProcess {
  /** Its log so far: of all replicas that were started. */
  log(): string;
  /** The path on its HTTP server, such as `/metrics`. */
  get(path: string): Promise<Response>;
  /** Sends a signal, SIGTERM by default. Resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const namespace = controllerHost.split(".")[1] ?? "";

const account =
  "ServiceAccount ClusterRole ClusterRoleBinding Role RoleBinding DestinationRule".split(" ");

/**
 * Creates the controller's namespace, ServiceAccount and rights, and its kubeconfig, with objects of
 * the chart, and objects of these kinds as well.
 */
export async function prepareController(mesh: Mesh, ...kinds: string[]): Promise<void> {
  const secrets = ["--set", "keys.gateways[0].secrets={llm-keys}"];
  const named = [...secrets, "--set", "keys.gateways[0].namespace=istio-system"];
  const chart = parseAllDocuments(renderChart(findHelm() ?? "helm", named));
  const objects = chart
    .map((each) => each.toJS() as { kind: string } | null)
    .filter((each) => each !== null && [...account, ...kinds].includes(each.kind));
  const space = { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } };
  const list = { apiVersion: "v1", kind: "List", items: [space, ...objects] };
  const file = join(mesh.folder, "controller.json");
  writeFileSync(file, JSON.stringify(list));
  await mesh.kubectl("apply", "-f", file);
  // The chart's Service has no pods here.
  await mesh.kubectl("apply", "-f", "tests/mesh/rig/controller-service.yaml");
  const forIstiod = ["--audience", "istio-ca", "--duration", "2h"];
  const words = ["create", "token", "llm-egress", "-n", namespace, ...forIstiod];
  writeFileSync(join(mesh.folder, "controller-token"), await mesh.kubectl(...words));
  const token = (await mesh.kubectl("create", "token", "llm-egress", "-n", namespace)).trim();
  const server = `https://127.0.0.1:${kubeApi.port}`;
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "mesh", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "controller", user: { token } }],
    contexts: [{ name: "mesh", context: { cluster: "mesh", user: "controller" } }],
    "current-context": "mesh",
  };
  writeFileSync(join(mesh.folder, "controller-kubeconfig"), JSON.stringify(config));
}

/** Starts the first replica. Does not wait until it is ready. */
export function startController(mesh: Mesh, ...words: string[]): ControllerProcess {
  return startReplica(mesh, 0, ...words);
}

/** Starts the replica with this number, 0 or 1. Does not wait until it is ready. */
export function startReplica(mesh: Mesh, number: number, ...words: string[]): ControllerProcess {
  const file = join(mesh.folder, "controller.log");
  const log = openSync(file, "a");
  const address = `127.0.0.1:${controllerPort + number}`;
  const ip = controllerAddresses[number] ?? "";
  const listen = ["--listen", address, "--keys-listen", `${ip}:${keysPort}`, "--pod-ip", ip];
  const istiod = ["--istiod", "https://localhost:15012"];
  const root = join(mesh.folder, "certificates/root-cert.pem");
  const token = join(mesh.folder, "controller-token");
  const identity = ["--mesh-root", root, "--mesh-token", token, "--identity", `replica-${number}`];
  const common = [...listen, ...istiod, ...identity, "--log-level", "debug"];
  const own = ["controller", ...common, ...words];
  const env = { ...process.env, KUBECONFIG: join(mesh.folder, "controller-kubeconfig") };
  const child: ChildProcess = spawn(process.execPath, ["build/llm-egress.mjs", ...own], {
    env,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const closed = once(child, "close");
  return {
    log: () => readFileSync(file, "utf8"),
    get: (path) => fetch(`http://${address}${path}`),
    stop: async (signal = "SIGTERM") => {
      if (child.exitCode === null) child.kill(signal);
      return ((await closed) as [number | null])[0];
    },
  };
}
