// Runs `llm-egress controller` against the mesh, with the rights that it is documented to need.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { findHelm, renderChart } from "../support/helm.ts";
import type { Mesh } from "./mesh.ts";
import { pollUntil } from "./settle.ts";
import {
  controllerAddresses,
  controllerHost,
  controllerPort,
  keyAddresses,
  keysPort,
  kubeApi,
} from "./rig/names.ts";

export interface ControllerProcess {
  readonly pid: number;
  /** Its log so far. */
  log(): string;
  /** The path on its HTTP server, such as `/metrics`. Rejects if it does not listen. */
  get(path: string): Promise<Response>;
  /** Sends a signal, SIGTERM by default. Resolves with the exit code; null after a signal's end. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export interface Replica {
  /** Its name, also of its log file. */
  identity?: string;
  /** The address of its pod: one of those that the Service leads to. */
  address?: string;
  /** The filter's module, instead of that of the build. */
  wasm?: string;
  /** Further options. */
  words?: string[];
  /** Its words in the Deployment's container. */
  args?: string[];
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
  await writeKubeconfig(mesh);
}

/** Deletes what prepareController has created, and the CRDs, so that Helm can install them. */
export async function makeRoomForHelm(mesh: Mesh): Promise<void> {
  const namespaced = ["serviceaccount,role,rolebinding,lease", "llm-egress", "-n", namespace];
  await mesh.kubectl("delete", "--ignore-not-found", ...namespaced);
  const service = ["service,destinationrule", "llm-egress", "-n", namespace];
  await mesh.kubectl("delete", "--ignore-not-found", ...service);
  const keys = ["role,rolebinding", "llm-egress-keys", "-n", "istio-system"];
  await mesh.kubectl("delete", "--ignore-not-found", ...keys);
  await mesh.kubectl(
    "delete",
    "--ignore-not-found",
    "clusterrole,clusterrolebinding",
    "llm-egress",
  );
  await mesh.kubectl("delete", "--ignore-not-found", "-f", "deploy/crds");
}

/** Starts the replicas of the Deployment, as there is no kubelet. */
export async function startDeployment(mesh: Mesh): Promise<ControllerProcess[]> {
  await writeKubeconfig(mesh);
  const words = ["get", "deployment", "llm-egress", "-n", namespace, "-o", "json"];
  const { spec } = JSON.parse(await mesh.kubectl(...words)) as Deployment;
  const [container] = spec.template.spec.containers;
  return controllerAddresses.slice(0, spec.replicas).map((address, index) =>
    startController(mesh, {
      identity: `llm-egress-${index}`,
      address,
      args: container?.args ?? [],
    }),
  );
}

interface Deployment {
  spec: { replicas: number; template: { spec: { containers: { args: string[] }[] } } };
}

async function writeKubeconfig(mesh: Mesh): Promise<void> {
  const forIstiod = ["--audience", "istio-ca", "--duration", "2h"];
  const create = ["create", "token", "llm-egress", "-n", namespace, ...forIstiod];
  writeFileSync(join(mesh.folder, "controller-token"), await mesh.kubectl(...create));
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

/** Starts one replica. Does not wait until it is ready. */
export function startController(
  mesh: Mesh,
  { identity = "controller", address = controllerAddresses[0], ...more }: Replica = {},
): ControllerProcess {
  const file = join(mesh.folder, `${identity}.log`);
  const log = openSync(file, "w");
  const endpoint = `${address}:${controllerPort}`;
  const keys = keyAddresses[controllerAddresses.findIndex((each) => each === address)] ?? "";
  const words = [
    ...(more.args ?? ["controller", "--log-level", "debug"]),
    ...["--listen", endpoint, "--identity", identity],
    ...["--keys-listen", `${keys}:${keysPort}`, "--pod-ip", keys],
    ...["--istiod", "https://localhost:15012"],
    ...["--mesh-root", join(mesh.folder, "certificates/root-cert.pem")],
    ...["--mesh-token", join(mesh.folder, "controller-token")],
    ...(more.wasm === undefined ? [] : ["--wasm", more.wasm]),
    ...(more.words ?? []),
  ];
  const env = { ...process.env, KUBECONFIG: join(mesh.folder, "controller-kubeconfig") };
  const child = spawn(process.execPath, ["build/llm-egress.mjs", ...words], {
    env,
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const closed = once(child, "close");
  return {
    pid: child.pid ?? 0,
    log: () => readFileSync(file, "utf8"),
    get: (path) => fetch(`http://${endpoint}${path}`),
    stop: async (signal = "SIGTERM") => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return ((await closed) as [number | null])[0];
    },
  };
}

/** The objects that the controller has written, by name. */
export function listManaged(mesh: Mesh): Promise<string> {
  const kinds = "destinationrules,serviceentries,virtualservices,wasmplugins";
  return mesh.kubectl(
    "get",
    kinds,
    "-A",
    "-o",
    "name",
    "-l",
    "app.kubernetes.io/managed-by=llm-egress",
  );
}

/** Resolves when the controller has deleted all that it has written. */
export async function untilPruned(mesh: Mesh): Promise<void> {
  await pollUntil("all to be deleted", async () => (await listManaged(mesh)) === "");
}

/** Resolves when the status of an LLMProvider or LLMRoute of the five steps, or alike, is this word. */
export async function untilStatus(
  mesh: Mesh,
  kind: string,
  name: string,
  status: string,
): Promise<void> {
  // The documents' routes name no namespace.
  const place = [name, "-n", name.endsWith("-route") ? "default" : "istio-system"];
  const word = () => mesh.kubectl("get", kind, ...place, "-o", "jsonpath={.status.status}");
  await pollUntil(`${kind} ${name} to be ${status}`, async () => (await word()) === status, word);
}
