// What tests and the bench of keys in Secrets have in common.
import { setTimeout as sleep } from "node:timers/promises";
import type { ControllerProcess } from "./controller-process.ts";
import type { Load } from "./load.ts";
import type { Mesh } from "./mesh.ts";
import { dashscopeProvider } from "./resources.ts";
import { callKube } from "./rig/kube-client.ts";
import type { Judged, RotatedSecret } from "./rotated-secret.ts";

/** The Secret llm-keys, without a key that a provider names. */
export const emptySecret = JSON.stringify({
  ...{ apiVersion: "v1", kind: "Secret", stringData: { other: "x" } },
  metadata: { name: "llm-keys", namespace: "istio-system" },
});

/** The five steps' provider, with the key `dashscope` of the Secret llm-keys. */
export const secretProvider = dashscopeProvider.replace(
  "apiKey: ${API_KEY}",
  "apiKeySecretRef: { name: llm-keys, key: dashscope }",
);

/** Changes the key so often, with `pause` after each change, and stops the load. */
export async function rotateUnderLoad(
  secret: RotatedSecret,
  load: Load,
  rounds: number,
  pause: (round: number) => Promise<unknown>,
): Promise<Judged> {
  try {
    for (let round = 0; round < rounds; round += 1) {
      await secret.rotate(load);
      await pause(round);
    }
  } finally {
    await load.stop();
  }
  return secret.judge(load);
}

/** Resolves when all replicas are ready. Many Secrets take a while. */
export async function untilReady(replicas: readonly ControllerProcess[]): Promise<void> {
  for (const deadline = performance.now() + 120_000; ; await sleep(15)) {
    const responses = replicas.map((each) => each.get("/readyz").catch(() => undefined));
    const isReady = (await Promise.all(responses)).every((response) => response?.status === 200);
    if (isReady) return;
    if (performance.now() > deadline) throw new Error("the replicas are not ready");
  }
}

/** Deletes the WasmPlugin, with which the VMs end, and puts it back as it was. */
export async function restartFilter(mesh: Mesh): Promise<void> {
  const plugins = "/apis/extensions.istio.io/v1alpha1/namespaces/istio-system/wasmplugins";
  const path = `${plugins}/llm-egress-istio-egressgateway`;
  type Plugin = Record<string, unknown> & { metadata: { resourceVersion?: string } };
  const plugin = await callKube<Plugin>({ method: "GET", path });
  delete plugin.metadata.resourceVersion;
  await mesh.follow(async () => {
    await callKube({ method: "DELETE", path });
  });
  await mesh.follow(async () => {
    const query = "?fieldManager=llm-egress-controller";
    await callKube({ method: "POST", path: plugins + query, body: plugin });
  });
}

/** Resolves when a request succeeds, with the time that this took. */
export async function untilAnswered(mesh: Mesh, url: string): Promise<number> {
  const begun = performance.now();
  while ((await mesh.as("app").chat(url)).status !== 200) await sleep(5);
  return performance.now() - begun;
}
