// Creates Pods for proxies. No kubelet runs them, but istiod reads a proxy's workload, labels and
// ServiceAccount from them.
import { applyObject, callKube, createObject } from "./kube-client.ts";
import type { Proxy } from "./names.ts";

/** Creates the Pod of a proxy, and its ServiceAccount if there is none. The namespace must exist. */
export async function createPod(proxy: Proxy): Promise<void> {
  const { name, namespace, serviceAccount, labels } = proxy;
  const path = `/api/v1/namespaces/${namespace}`;
  await applyObject(`${path}/serviceaccounts/${serviceAccount}`, {
    ...{ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: serviceAccount } },
  });
  await createObject(`${path}/pods`, {
    metadata: { name, labels, annotations: { "sidecar.istio.io/status": "{}" } },
    spec: {
      nodeName: "local",
      serviceAccountName: serviceAccount,
      automountServiceAccountToken: false,
      containers: [{ name: "istio-proxy", image: "none" }],
    },
  });
  await callKube({
    method: "PATCH",
    path: `${path}/pods/${name}/status`,
    body: { status: runningStatus(proxy.address) },
    contentType: "application/merge-patch+json",
  });
}

/** A token with which the agent of the proxy authenticates to istiod. */
export async function createToken({ namespace, serviceAccount }: Proxy): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`;
  const body = { spec: { audiences: ["istio-ca"], expirationSeconds: 7200 } };
  const answer = await callKube<{ status: { token: string } }>({ method: "POST", path, body });
  return answer.status.token;
}

function runningStatus(address: string): object {
  const container = {
    name: "istio-proxy",
    ready: true,
    restartCount: 0,
    image: "none",
    imageID: "",
    state: { running: {} },
  };
  return {
    phase: "Running",
    podIP: address,
    podIPs: [{ ip: address }],
    conditions: [{ type: "Ready", status: "True" }],
    containerStatuses: [container],
  };
}
