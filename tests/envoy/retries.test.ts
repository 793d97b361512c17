// A route with retries, which the compiler never emits. The provider then receives the edited body
// again, which is edited only once.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { onEachEnvoy } from "../support/each-envoy.ts";
import { routeTo } from "../support/filter-bootstrap.ts";
import { exchangeRaw } from "../support/http.ts";
import { pluginConfig, provider } from "../support/plugin-providers.ts";
import { chunked, post } from "../support/requests.ts";
import { startScripted } from "../support/scripted-upstream.ts";

const host = "api.example";
const attempts = 3;
// Answers 503 to all attempts of a request except the last.
const upstream = await startScripted((response, index) => {
  response.writeHead(index % attempts === attempts - 1 ? 200 : 503).end("{}");
});
after(() => upstream.close());

const members = [
  { name: "model", override: '"m-1"' },
  { name: "user", remove: true as const },
];
const plugin = pluginConfig([provider(host, { settings: { members } })]);
const retry_policy = {
  retry_on: "5xx",
  num_retries: attempts - 1,
  retry_back_off: { base_interval: "0.001s", max_interval: "0.002s" },
};
const route = routeTo(host, { retry_policy });
const virtualHosts = [{ name: host, domains: ["*"], routes: [route] }];

onEachEnvoy(
  "retries",
  { plugin, virtualHosts, upstreams: { [host]: upstream.port } },
  (gateway) => {
    const content = "x".repeat(100_000);
    const sent = `{"user":"u","content":"${content}"}`;
    const edited = `{${" ".repeat('"user":"u",'.length)}"content":"${content}","model":"m-1"}`;
    for (const [way, request] of Object.entries({
      "with a length": [post(host, sent)],
      "in chunks": chunked(host, [sent.slice(0, 5), sent.slice(5)]),
    })) {
      test(`sends the same edited body with each attempt, ${way}`, async () => {
        const before = upstream.bodies.length;
        const answer = await exchangeRaw(gateway().port, request);
        assert.equal(answer.status, 200);
        const received = upstream.bodies.slice(before);
        assert.equal(received.length, attempts);
        for (const body of received) assert.ok(body === edited, body.slice(0, 100));
      });
    }
  },
);
