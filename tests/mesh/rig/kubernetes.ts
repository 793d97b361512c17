// Runs a real Kubernetes API on loopback, without nodes: etcd and kube-apiserver.
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { generateKeyPair } from "node:crypto";
import { binariesFolder } from "./binaries.ts";
import type { Components } from "./components.ts";
import { callKube } from "./kube-client.ts";
import { kubeApi } from "./names.ts";

const etcdUrl = "http://127.0.0.1:12379";
const etcdPeerUrl = "http://127.0.0.1:12380";
const issuer = "https://kubernetes.default.svc.cluster.local";

/** Starts the API, and resolves when it is ready. Writes `kubeconfig` into `folder`. */
export async function startKubernetes(components: Components, folder: string): Promise<void> {
  const pki = join(folder, "kubernetes");
  mkdirSync(pki, { recursive: true });
  startEtcd(components, join(folder, "etcd"));
  await writeServiceAccountKeys(pki);
  writeFileSync(join(pki, "tokens.csv"), `${kubeApi.token},admin,admin,"system:masters"\n`);
  writeFileSync(join(folder, "kubeconfig"), JSON.stringify(kubeconfig(), null, 2));
  components.start({
    name: "kube-apiserver",
    command: [join(binariesFolder(), "kube-apiserver"), ...apiServerFlags(pki)],
  });
  await components.until("the Kubernetes API", async () => {
    await callKube({ method: "GET", path: "/readyz" });
    return true;
  });
}

/** Runs the mesh's kubectl. Resolves with stdout, and rejects with stderr. */
export async function runKubectl(folder: string, words: string[]): Promise<string> {
  const env = { ...process.env, KUBECONFIG: join(folder, "kubeconfig") };
  const options = { env, maxBuffer: 64 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(join(binariesFolder(), "kubectl"), words, options);
  return stdout;
}

function startEtcd(components: Components, data: string): void {
  components.start({
    name: "etcd",
    command: [
      join(binariesFolder(), "etcd"),
      ...["--data-dir", data, "--unsafe-no-fsync"],
      ...["--listen-client-urls", etcdUrl, "--advertise-client-urls", etcdUrl],
      ...["--listen-peer-urls", etcdPeerUrl, "--initial-advertise-peer-urls", etcdPeerUrl],
      ...["--initial-cluster", `default=${etcdPeerUrl}`],
    ],
  });
}

function apiServerFlags(pki: string): string[] {
  const flags = {
    "etcd-servers": etcdUrl,
    "bind-address": "127.0.0.1",
    "advertise-address": "127.0.0.1",
    "secure-port": String(kubeApi.port),
    "cert-dir": join(pki, "generated"),
    "service-cluster-ip-range": "10.96.0.0/16",
    "endpoint-reconciler-type": "none",
    "service-account-issuer": issuer,
    "service-account-key-file": join(pki, "sa.pub"),
    "service-account-signing-key-file": join(pki, "sa.key"),
    "api-audiences": `${issuer},istio-ca`,
    "token-auth-file": join(pki, "tokens.csv"),
    "authorization-mode": "RBAC",
    // There is no controller that creates ServiceAccounts, and no kubelet that removes taints.
    "disable-admission-plugins": "ServiceAccount,TaintNodesByCondition,Priority",
  };
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}

async function writeServiceAccountKeys(pki: string): Promise<void> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  writeFileSync(join(pki, "sa.pub"), publicKey);
  writeFileSync(join(pki, "sa.key"), privateKey, { mode: 0o600 });
}

function kubeconfig(): object {
  const server = `https://127.0.0.1:${kubeApi.port}`;
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "mesh", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "admin", user: { token: kubeApi.token } }],
    contexts: [{ name: "mesh", context: { cluster: "mesh", user: "admin" } }],
    "current-context": "mesh",
  };
}
