// A route with retries, which the compiler never emits. Envoy's router then keeps a copy of what it
// has sent in the buffer in which a filter lets bytes wait. The provider must receive the edited
// body, which is edited only once, whole with each attempt.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { onEachEnvoy } from "../support/each-envoy.ts";
import { routeTo } from "../support/filter-bootstrap.ts";
import { exchangeH2 } from "../support/h2c.ts";
import { exchangeRaw } from "../support/http.ts";
import { pluginConfig, provider } from "../support/plugin-providers.ts";
import { chunked, post } from "../support/requests.ts";
import { startScripted } from "../support/scripted-upstream.ts";

const host = "api.example";
const attempts = 3;
// Answers 503 to all attempts of the request except the last.
let first = 0;
const upstream = await startScripted((response, index) => {
  response.writeHead(index - first === attempts - 1 ? 200 : 503).end("{}");
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

type Send = (port: number, pieces: string[]) => Promise<{ status: number }>;

const h2 = { ":path": "/v1/chat/completions", ":authority": host };

const ways: Record<string, Send> = {
  "with a length": (port, pieces) => {
    const whole = post(host, pieces.join(""));
    const head = whole.subarray(0, whole.length - pieces.join("").length);
    return exchangeRaw(port, [head, ...pieces], { pauseMs: 2 });
  },
  "in chunks": (port, pieces) => exchangeRaw(port, chunked(host, pieces), { pauseMs: 2 }),
  "over HTTP/2": (port, pieces) => exchangeH2(port, { headers: h2, pieces, pauseMs: 2 }),
  "over HTTP/2 with a length": (port, pieces) => {
    const headers = { ...h2, "content-length": pieces.join("").length };
    return exchangeH2(port, { headers, pieces, pauseMs: 2 });
  },
};

const sizes = [1, 10_000, 100_000];

onEachEnvoy(
  "retries",
  { plugin, virtualHosts, upstreams: { [host]: upstream.port } },
  (gateway) => {
    for (const [way, send] of Object.entries(ways)) {
      test(`sends the same edited body with each attempt, ${way}`, async () => {
        for (const size of sizes) {
          const content = "x".repeat(size);
          const sent = `{"user":"u","content":"${content}"}\n`;
          const edited = `{${" ".repeat('"user":"u",'.length)}"content":"${content}","model":"m-1"}\n`;
          const cuts = [0, 1, 5, 14, 26, sent.length - 3, sent.length - 2, sent.length - 1];
          for (const cut of cuts) {
            const pieces = [sent.slice(0, cut), sent.slice(cut)].filter((piece) => piece !== "");
            first = upstream.bodies.length;
            const answer = await send(gateway().port, pieces);
            assert.equal(answer.status, 200);
            const received = upstream.bodies.slice(first);
            assert.equal(received.length, attempts);
            for (const body of received) {
              assert.equal(body, edited, `cut at ${cut} of ${sent.length}`);
            }
          }
        }
      });
    }
  },
);
