import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyService } from "../../src/keys/service.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { FakeKube } from "../support/fake-kube.ts";
import { until } from "../support/until.ts";

test("a replica waits for its mesh certificate before it is ready, but not for ever", async () => {
  const fake = await FakeKube.start();
  const client = new KubeClient(fake.access);
  const lines: string[] = [];
  const note = (message: string) => void lines.push(message);
  const service = new KeyService(client, {
    ...{ host: "127.0.0.1", port: 0, trustDomain: "cluster.local", istiod: "https://127.0.0.1:1" },
    own: { namespace: "llm-egress-system", serviceAccount: "llm-egress" },
    ...{ rootFile: "/none", tokenFile: "/none", certificateMs: 300 },
    ...{ leader: () => undefined, onNews: () => {}, onRefusal: () => {} },
    log: { debug: note, info: note, warn: note },
  });
  const stop = new AbortController();
  const running = service.run(stop.signal);
  try {
    assert.equal(service.isReady, false);
    service.follow([]);
    await until(() => lines.includes("there is no new mesh certificate"));
    assert.equal(service.isReady, false);
    await until(() => service.isReady);
  } finally {
    stop.abort();
    await running;
    client.close();
    await fake.close();
  }
});
