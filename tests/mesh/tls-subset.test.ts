// The provider's TLS is in a subset that the route names. Other resources can't take it away: a
// request goes over TLS, or nowhere.
import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { echoedHeader, echoOf } from "../support/requests.ts";
import { connectMesh } from "./mesh.ts";
import {
  dashscopeProvider as provider,
  dashscopeRoute as route,
  gatewayRule,
} from "./resources.ts";
import { gatewayKeys, workloads } from "./rig/names.ts";
import { sniff } from "./sniffer.ts";
import type { WorkloadAnswer } from "./workload.ts";

const mesh = connectMesh();
const prompt = "a prompt that nobody on the way may read";
// How the application reaches the mesh, which shows that the sniffer works.
const ownSidecar = `${workloads.app.address}:80`;
const pool = "{ connectionPool: { tcp: { maxConnections: 100 } } }";
const plainText = "{ portLevelSettings: [{ port: { number: 443 }, tls: { mode: DISABLE } }] }";

afterEach(() => mesh.clear());

describe("an older DestinationRule for the host does not take the TLS away", () => {
  const olderRules: Record<string, string> = {
    "with a connection pool only": olderRule("*", pool),
    "for its own namespace": olderRule(".", pool),
    "with TLS disabled": olderRule("*", "{ tls: { mode: DISABLE } }"),
    "with TLS disabled at the provider's port": olderRule("*", plainText),
  };
  for (const [name, rule] of Object.entries(olderRules)) {
    it(name, async () => {
      await mesh.apply(rule);
      // The age of a resource has a resolution of one second.
      await new Promise((resolve) => setTimeout(resolve, 1100));
      await mesh.apply(gatewayRule, await mesh.render(provider, route));
      await assertServedOverTls();
    });
  }
});

it("answers 503 and sends nothing while our DestinationRule is missing", async () => {
  const rendered = await mesh.render(provider, route);
  await mesh.apply(gatewayRule, rendered);
  await assertServedOverTls();
  const rule = rendered.split("---\n").find((text) => text.includes("kind: DestinationRule"));
  await mesh.delete(rule!);
  const { answer, seen } = await askWatched();
  assert.equal(answer.status, 503);
  assert.deepEqual(seen, [ownSidecar]);
});

it("answers 503 and sends nothing if another route leads to the host without the subset", async () => {
  await mesh.apply(gatewayRule, await mesh.render(provider, route));
  await mesh.apply(pastTheSubset);
  const { answer, seen } = await askWatched("past.example");
  assert.equal(answer.status, 503);
  assert.match(answer.body.toString(), /provider_misconfigured/);
  assert.deepEqual(seen, [ownSidecar]);
});

const pastTheSubset = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: past-the-subset, namespace: default }
spec:
  hosts: [past.example]
  gateways: [mesh, istio-system/egress-gw]
  http:
    - match: [{ gateways: [mesh] }]
      route:
        - destination:
            host: istio-egressgateway.istio-system.svc.cluster.local
            port: { number: 80 }
    - route: [{ destination: { host: dashscope.aliyuncs.com, port: { number: 443 } } }]
`;

function olderRule(exportTo: string, policy: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: a-pool, namespace: istio-system }
spec:
  host: dashscope.aliyuncs.com
  exportTo: ["${exportTo}"]
  trafficPolicy: ${policy}
`;
}

async function assertServedOverTls(): Promise<void> {
  const { answer, seen } = await askWatched();
  const received = echoOf(answer);
  assert.equal(received.serverName, "dashscope.aliyuncs.com");
  assert.deepEqual(echoedHeader(received, "authorization"), [`Bearer ${gatewayKeys.API_KEY}`]);
  assert.deepEqual(seen, [ownSidecar]);
}

/** Makes a request; `seen` is where key or prompt went in plain text. */
async function askWatched(
  host = "dashscope.aliyuncs.com",
): Promise<{ answer: WorkloadAnswer; seen: string[] }> {
  const members = { messages: [{ role: "user", content: prompt }] };
  const { result, seen } = await sniff([gatewayKeys.API_KEY, prompt], () =>
    mesh.as("app").chat(`http://${host}/v1/chat/completions`, members, { "x-mock-echo": "1" }),
  );
  return { answer: result, seen };
}
