// Calls that end by themselves. Each is counted once, with its outcome, and only the provider's
// answers with 200 can have usage.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { after, test } from "node:test";
import { type DefineTests, onEachEnvoy } from "../support/each-envoy.ts";
import {
  assertEachCounted,
  assertEnded,
  type CallHeader,
  endCall,
} from "../support/ended-calls.ts";
import { routeTo } from "../support/filter-bootstrap.ts";
import { eventually } from "../support/gateway.ts";
import { connectRaw, exchangeRaw } from "../support/http.ts";
import { asksForUsage, clusterOf, pluginConfig, provider } from "../support/plugin-providers.ts";
import { freePort } from "../support/ports.ts";
import { chunked, head, post } from "../support/requests.ts";
import { startScripted } from "../support/scripted-upstream.ts";

const host = "api.example";
const idleHost = "idle.example";
const slowHost = "slow.example";
const retryHost = "retry.example";
const deadHost = "dead.example";
const mockHost = "mock.example";
const unserved = "unserved.example";
const hosts = [mockHost, host, idleHost, slowHost, retryHost, deadHost];

const arrived: ServerResponse[] = [];
const upstream = await startScripted((response) => void arrived.push(response));
after(() => upstream.close());

const settings = { members: asksForUsage, models: { allow: ["m-*"] } };
const plugin = pluginConfig(
  hosts.map((each) => provider(each, { settings })),
  { unservedClusters: [clusterOf(unserved)] },
);
const retry_policy = {
  retry_on: "5xx",
  num_retries: 2,
  retry_back_off: { base_interval: "0.001s", max_interval: "0.002s" },
};
const actions: Record<string, object> = {
  [idleHost]: { idle_timeout: "0.2s" },
  [slowHost]: { timeout: "0.2s" },
  [retryHost]: { retry_policy },
};
const virtualHosts = [...hosts, unserved].map((name) => ({
  name,
  domains: [name],
  routes: [routeTo(name, actions[name])],
}));
const ports = hosts.slice(1).map((name) => [name, upstream.port] as const);
const upstreams = { ...Object.fromEntries(ports), [deadHost]: await freePort() };
const options = { plugin, virtualHosts, upstreams };

const streaming = '{"stream":true}';
const first = 'data: {"choices":[{"delta":{"content":"x"}}]}\n\n';
const eventStream = { "content-type": "text/event-stream" };
const json = { "content-type": "application/json" };
const nothing = () => {};

/** The provider's next answer. Waits until the request has arrived. */
async function arrival(): Promise<ServerResponse> {
  await eventually(() => arrived.length > 0, "the request");
  return arrived.pop()!;
}

const providersAnswer: DefineTests = (gateway) => {
  for (const status of [400, 401, 429, 500, 503]) {
    test(`counts the provider's own ${status} as provider_error`, async () => {
      const { envoy, port } = gateway();
      const ended = await endCall(envoy, async (id) => {
        const answer = exchangeRaw(port, [post(host, streaming, { headers: [id] })]);
        (await arrival()).writeHead(status, json).end('{"error":{},"usage":{"prompt_tokens":9}}');
        assert.equal((await answer).status, status);
        return nothing;
      });
      assertEnded(ended, { outcome: "provider_error", code: `${status}` });
    });
  }

  const errors = {
    "an error object": 'data: {"error":{"message":"overloaded"}}\n\n',
    "an event of type error": 'event: error\ndata: {"type":"error","code":"server_error"}\n\n',
  };
  for (const [name, error] of Object.entries(errors)) {
    test(`counts a stream with ${name} as provider_error`, async () => {
      const { envoy, port } = gateway();
      const ended = await endCall(envoy, async (id) => {
        const answer = exchangeRaw(port, [post(host, streaming, { headers: [id] })]);
        (await arrival()).writeHead(200, eventStream).end(first + error);
        assert.equal((await answer).body.toString(), first + error);
        return nothing;
      });
      assertEnded(ended, { outcome: "provider_error", code: "200" });
    });
  }
};

const envoyAnswers: DefineTests = (gateway) => {
  test("counts a provider that accepts no connection as gateway_error", async () => {
    const { envoy, port } = gateway();
    const ended = await endCall(envoy, async (id) => {
      const answer = await exchangeRaw(port, [post(deadHost, "{}", { headers: [id] })]);
      assert.equal(answer.status, 503);
      return nothing;
    });
    assertEnded(ended, { outcome: "gateway_error", code: "503" });
  });

  for (const [name, timedHost] of Object.entries({ "idle timeout": idleHost, timeout: slowHost })) {
    test(`counts Envoy's ${name} before the answer as gateway_error`, async () => {
      const { envoy, port } = gateway();
      const ended = await endCall(envoy, async (id) => {
        const answer = exchangeRaw(port, [post(timedHost, streaming, { headers: [id] })]);
        await arrival();
        assert.equal((await answer).status, 504);
        return nothing;
      });
      assertEnded(ended, { outcome: "gateway_error", code: "504" });
    });

    test(`counts Envoy's ${name} in the middle of a stream as gateway_error`, async () => {
      const { envoy, port } = gateway();
      const ended = await endCall(envoy, async (id) => {
        const client = await connectRaw(port);
        client.send(post(timedHost, streaming, { headers: [id] }));
        (await arrival()).writeHead(200, eventStream).write(first);
        return () => client.close();
      });
      assertEnded(ended, { outcome: "gateway_error", code: "200" });
    });
  }
};

const tryAgain: DefineTests = (gateway) => {
  test("counts a retried request once", async () => {
    const { envoy, port } = gateway();
    const ended = await endCall(envoy, async (id) => {
      const answer = exchangeRaw(port, [post(retryHost, "{}", { headers: [id] })]);
      (await arrival()).writeHead(503).end();
      (await arrival()).writeHead(502).end();
      (await arrival())
        .writeHead(200, json)
        .end('{"usage":{"prompt_tokens":7,"completion_tokens":8}}');
      assert.equal((await answer).status, 200);
      return nothing;
    });
    assertEnded(ended, { outcome: "ok", code: "200", tokens: ["7", "8"] });
  });
};

interface Refused {
  code: string;
  reason: string;
  segments: (id: CallHeader) => (string | Buffer)[];
}

const refused: Record<string, Refused> = {
  "a model": {
    code: "403",
    reason: "model_not_allowed",
    segments: (id) => [post(host, '{"model":"x"}', { headers: [id] })],
  },
  "a body that becomes invalid": {
    code: "400",
    reason: "invalid_json",
    segments: (id) => chunked(host, ['{"a":', "]"], { headers: [id] }),
  },
  "a path": {
    code: "404",
    reason: "unknown_endpoint",
    segments: (id) => [post(host, "{}", { path: "/v1/files", headers: [id] })],
  },
  "a method": {
    code: "405",
    reason: "method_not_allowed",
    segments: (id) => [head(host, { method: "DELETE", headers: [id] })],
  },
  "a cluster without a provider": {
    code: "503",
    reason: "provider_misconfigured",
    segments: (id) => [post(unserved, "{}", { headers: [id] })],
  },
};

const filterAnswers: DefineTests = (gateway) => {
  for (const [name, { code, reason, segments }] of Object.entries(refused)) {
    test(`counts the refusal of ${name} as rejected, with its reason`, async () => {
      const { envoy, port } = gateway();
      const ended = await endCall(envoy, async (id) => {
        assert.equal((await exchangeRaw(port, segments(id))).status, Number(code));
        return nothing;
      });
      assertEnded(ended, { outcome: "rejected", code });
      const rejected = ended.counters.find((each) => each.name === "llm_egress_rejected");
      assert.equal(rejected?.labels["reason"], reason);
    });
  }

  test("counts a refusal after the beginning of an answer as rejected", async () => {
    const { envoy, port } = gateway();
    const ended = await endCall(envoy, async (id) => {
      const client = await connectRaw(port);
      const headers: [string, string][] = [id, ["x-mock-early", "1"]];
      const request = post(mockHost, '{"a":1]', { headers });
      client.send(request.subarray(0, -1));
      await eventually(() => client.received().includes("data: "), "the first event");
      client.send(request.subarray(-1));
      return () => client.close();
    });
    assertEnded(ended, { outcome: "rejected", code: "400" });
  });

  test("counts each of these requests once", () => assertEachCounted(gateway().envoy, 19));
};

onEachEnvoy("outcomes", options, providersAnswer, envoyAnswers, tryAgain, filterAnswers);
