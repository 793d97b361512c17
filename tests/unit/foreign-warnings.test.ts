import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "../../src/controller/pass.ts";
import { statusOf } from "../../src/controller/status.ts";
import type { KubeObject } from "../../src/kube/client.ts";
import { istioOptions } from "../support/istio-options.ts";

const host = "a.example";

function object(apiVersion: string, kind: string, name: string, spec: object): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace: "team" }, spec };
}

const ours = (kind: string, spec: object) =>
  object("istio.alibabacloud.com/v1beta1", kind, "a", spec);
const networking = (kind: string, spec: object) =>
  object("networking.istio.io/v1", kind, "theirs", spec);
const provider = ours("LLMProvider", {
  ...{ host, workloadSelector: { labels: { istio: "egressgateway" } } },
});
const rules = [{ name: "r", backendRefs: [{ providerHost: host }] }];
const route = ours("LLMRoute", { host, gateways: ["mesh"], rules });

/** What the condition Accepted of a resource says. */
function said(about: KubeObject, other: KubeObject): string {
  const none = new Map<string, KubeObject>();
  const live = { WasmPlugin: none, DestinationRule: none, EnvoyFilter: none, VirtualService: none };
  const seen = { own: [provider, route], context: [other], textOf: () => undefined, live };
  const { outcomeOf } = judge(seen, istioOptions());
  const outcome = {
    ...outcomeOf(`${about.kind} team/a`),
    failure: undefined,
    isWaiting: false,
    remarks: [],
    lagging: undefined,
  };
  return statusOf(about, outcome, "2026-01-01T00:00:00Z").conditions[0]?.message ?? "";
}

test("a resource says which object of others concerns it", () => {
  const cases: [KubeObject, KubeObject, string][] = [
    [
      provider,
      networking("DestinationRule", { host }),
      "overlapping_destination_rule: DestinationRule team/theirs spec.host: ",
    ],
    [
      provider,
      networking("ServiceEntry", { hosts: [host], resolution: "DNS" }),
      "overlapping_service_entry: ServiceEntry team/theirs spec.hosts[0]: ",
    ],
    [
      route,
      networking("VirtualService", { hosts: [host] }),
      "overlapping_virtual_service: VirtualService team/theirs spec.hosts[0]: ",
    ],
    [
      provider,
      networking("VirtualService", { hosts: ["b.example"], http: [mirroring()] }),
      "mirrored_key: VirtualService team/theirs spec.http[0].mirror: ",
    ],
    [
      route,
      object("security.istio.io/v1", "AuthorizationPolicy", "theirs", {
        ...{ action: "DENY", rules: [{ to: [{ operation: { hosts: [host] } }] }] },
      }),
      "host_without_port: AuthorizationPolicy team/theirs spec.rules[0].to[0].operation.hosts[0]: ",
    ],
  ];
  for (const [about, other, start] of cases) {
    const message = said(about, other);
    assert.ok(message.startsWith(start), message);
  }
});

function mirroring(): object {
  return { route: [{ destination: { host } }], mirror: { host: "recorder" } };
}
