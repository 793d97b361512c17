// What Prometheus reads of the controller.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Collection } from "../kube/collection.ts";
import type { Gateways } from "./gateways.ts";

const prefix = "llm_egress_controller_";

export class Metrics {
  readonly registry = new Registry();
  readonly passes = new Counter({
    name: `${prefix}passes_total`,
    help: "Passes over all resources: complete, incomplete (something has to be repeated), failed.",
    labelNames: ["outcome"],
    registers: [this.registry],
  });
  readonly duration = new Histogram({
    name: `${prefix}pass_duration_seconds`,
    help: "How long a pass takes.",
    buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
    registers: [this.registry],
  });
  readonly writes = new Counter({
    name: `${prefix}writes_total`,
    help: "Writes to the Kubernetes API.",
    labelNames: ["kind", "verb"],
    registers: [this.registry],
  });
  readonly failures = new Counter({
    name: `${prefix}write_failures_total`,
    help: "Writes to the Kubernetes API that failed or were refused.",
    labelNames: ["kind"],
    registers: [this.registry],
  });
  readonly pluginBytes = new Gauge({
    name: `${prefix}plugin_bytes`,
    help: "The size of a WasmPlugin with its providers, as the leader writes it. etcd accepts 1.5 MB.",
    labelNames: ["plugin"],
    registers: [this.registry],
  });
  readonly reviews = new Counter({
    name: `${prefix}reviews_total`,
    help: "Reviews of LLMProviders and LLMRoutes for the API server: allowed, refused, failed.",
    labelNames: ["outcome"],
    registers: [this.registry],
  });
  readonly resources = new Gauge({
    name: `${prefix}resources`,
    help: "LLMProviders and LLMRoutes by status, as the leader sees them.",
    labelNames: ["kind", "status"],
    registers: [this.registry],
  });
  readonly keyRefusals = new Counter({
    name: `${prefix}key_refusals_total`,
    help: "Callers that got no keys: tls, identity, pod (it is not a provider's), request.",
    labelNames: ["reason"],
    registers: [this.registry],
  });

  constructor(
    isLeader: () => boolean,
    collections: ReadonlyMap<string, Pick<Collection, "ageMs">>,
    gateways: Pick<Gateways, "countPolls" | "expiresAt" | "renewsAt">,
  ) {
    collectDefaultMetrics({ register: this.registry });
    this.#measure("leader", "1 on the replica that writes.", () => (isLeader() ? 1 : 0));
    this.#measure("key_polls", "Workers of gateways that wait for keys at this replica.", () =>
      gateways.countPolls(),
    );
    this.#measure(
      "mesh_certificate_expiry_seconds",
      "When the controller's mesh certificate expires, since 1970. 0 if there is none.",
      () => gateways.expiresAt / 1000,
    );
    this.#measure(
      "mesh_certificate_renewal_seconds",
      "When the controller's mesh certificate is to be renewed, since 1970. 0 if there is none.",
      () => gateways.renewsAt / 1000,
    );
    new Gauge({
      name: `${prefix}watch_age_seconds`,
      help: "Time since the Kubernetes API last said anything about a collection.",
      labelNames: ["resource"],
      registers: [this.registry],
      collect() {
        for (const [resource, { ageMs }] of collections) this.set({ resource }, ageMs / 1000);
      },
    });
  }

  #measure(name: string, help: string, read: () => number): void {
    new Gauge({
      ...{ name: prefix + name, help, registers: [this.registry] },
      collect() {
        this.set(read());
      },
    });
  }
}
