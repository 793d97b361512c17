// A route table that the compiler would refuse. It matches on a header that the filter edits, so
// that Envoy chooses another cluster after the filter has added the key. The filter detects this,
// and sends no more requests to that provider.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type DefineTests, onEachEnvoy } from "../support/each-envoy.ts";
import { routeTo } from "../support/filter-bootstrap.ts";
import { eventually, type Gateway } from "../support/gateway.ts";
import { connectRaw, exchangeRaw } from "../support/http.ts";
import { clusterOf, pluginConfig, provider } from "../support/plugin-providers.ts";
import {
  assertRefused,
  echoedHeader,
  echoing,
  echoOf,
  post,
  type RequestHead,
} from "../support/requests.ts";

const sound = "sound.example";
const other = "other.example";
const named = ["first", "second", "third", "fourth"].map((name) => `${name}.example`);
const [first = "", second = "", third = "", unreachable = ""] = named;
const plugin = pluginConfig([...named, sound].map((host) => provider(host)));
const marker: [string, string] = ["x-api-key", "1"];
const misconfigured = { status: 503, code: "provider_misconfigured" };

function virtualHost(host: string): object {
  const headers = [{ name: "x-api-key", present_match: true }];
  const marked = { ...routeTo(host), match: { prefix: "/", headers } };
  const rest = host === third ? [] : [routeTo(other)];
  return { name: host, domains: [host], routes: [marked, ...rest] };
}

const virtualHosts = [
  ...[first, second, third].map(virtualHost),
  ...[sound, unreachable].map((host) => ({ name: host, domains: [host], routes: [routeTo(host)] })),
];

function marked(host: string, headers: RequestHead["headers"] = []): Buffer {
  return post(host, "{}", { headers: [marker, ...headers] });
}

function misrouted({ envoy }: Gateway): Promise<number> {
  return envoy.stats("wasmcustom.llm_egress_misrouted");
}

/** Checks that the gateway no longer sends this provider's key or any request for it. */
async function assertShut({ port, mock, observe }: Gateway, host: string): Promise<void> {
  const receivedBefore = mock.stats.received;
  for (const request of [marked(host), marked(host)]) {
    assertRefused(await observe(() => exchangeRaw(port, [request])), misconfigured);
  }
  assert.equal(mock.stats.received, receivedBefore);
}

const noticeMisrouting: DefineTests = (gateway) => {
  test("answers 503 in place of the answer, logs it, and disables only that provider", async () => {
    const { port, envoy, observe } = gateway();
    const before = await misrouted(gateway());
    const request = marked(first, [echoing]);
    const { answer, details } = await observe(() => exchangeRaw(port, [request]));
    assert.equal(details, "llm_egress_provider_misconfigured");
    assert.equal(answer.status, 503);
    assert.match(answer.body.toString(), /"code":"provider_misconfigured"/);
    const what = `a request for ${clusterOf(first)} went to ${clusterOf(other)}`;
    assert.ok(envoy.logs().includes(`llm-egress: ${what}: test/${first} answers 503`));
    assert.equal((await misrouted(gateway())) - before, 1);
    await assertShut(gateway(), first);
    assert.equal((await misrouted(gateway())) - before, 1);
    const served = await exchangeRaw(port, [post(sound, "{}", { headers: [echoing] })]);
    assert.deepEqual(echoedHeader(echoOf(served), "authorization"), [`Bearer sk-${sound}`]);
  });

  test("detects it if the client leaves before the answer", async () => {
    const { port, mock, observe } = gateway();
    const before = await misrouted(gateway());
    const receivedBefore = mock.stats.received;
    await observe(async () => {
      const client = await connectRaw(port);
      client.send(marked(second, [["x-mock-delay-ms", "200"]]));
      await eventually(() => mock.stats.received > receivedBefore, "the upstream request");
      client.close();
    });
    await eventually(async () => (await misrouted(gateway())) === before + 1, "the count");
    await assertShut(gateway(), second);
  });
};

const endSafely: DefineTests = (gateway) => {
  test("does not take a request without a route after the header edit for a misrouted one", async () => {
    const { port, mock, observe } = gateway();
    const receivedBefore = mock.stats.received;
    const countedBefore = await misrouted(gateway());
    for (let nth = 0; nth < 2; nth++) {
      const { answer, details } = await observe(() => exchangeRaw(port, [marked(third)]));
      assert.equal(answer.status, 404);
      assert.equal(details, "route_not_found");
    }
    assert.equal(mock.stats.received, receivedBefore);
    assert.equal(await misrouted(gateway()), countedBefore);
  });

  test("does not take a provider that can't be reached for a misrouted one", async () => {
    const { port, observe } = gateway();
    const before = await misrouted(gateway());
    for (const request of [post(unreachable, "{}"), post(unreachable, '{"a":1}')]) {
      const { answer, details } = await observe(() => exchangeRaw(port, [request]));
      assert.equal(answer.status, 503);
      assert.match(details, /^upstream_reset_before_response_started/);
    }
    assert.equal(await misrouted(gateway()), before);
  });
};

const options = {
  plugin,
  virtualHosts,
  otherHosts: [other],
  // Nothing listens on port 1.
  upstreams: { [unreachable]: 1 },
};
onEachEnvoy("misrouted", options, noticeMisrouting, endSafely);
