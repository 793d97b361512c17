// Tests `startEnvoy` itself: that Envoy starts, can be queried, and reports why it did not start.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type Mock, startMock } from "../../src/mock/server.ts";
import { type Envoy, startEnvoy } from "../support/envoy.ts";
import { exchangeH2 } from "../support/h2c.ts";

let mock: Mock;
let envoy: Envoy;

before(async () => {
  mock = await startMock();
  envoy = await startEnvoy({ config: ({ egress = 0 }) => proxyTo(mock.port, egress) });
});
after(async () => {
  await envoy.stop();
  await mock.close();
});

const http = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
const router = "envoy.extensions.filters.http.router.v3.Router";

// JSON is valid YAML.
function proxyTo(upstream: number, listen: number): string {
  const socket = (port: number) => ({
    address: { socket_address: { address: "127.0.0.1", port_value: port } },
  });
  const endpoints = [{ lb_endpoints: [{ endpoint: socket(upstream) }] }];
  const manager = {
    "@type": `type.googleapis.com/${http}`,
    stat_prefix: "egress",
    route_config: {
      virtual_hosts: [
        {
          name: "all",
          domains: ["*"],
          routes: [{ match: { prefix: "/" }, route: { cluster: "mock" } }],
        },
      ],
    },
    http_filters: [{ name: "router", typed_config: { "@type": `type.googleapis.com/${router}` } }],
  };
  const filters = [{ name: "http", typed_config: manager }];
  const listener = { name: "egress", ...socket(listen), filter_chains: [{ filters }] };
  const load_assignment = { cluster_name: "mock", endpoints };
  const cluster = { name: "mock", load_assignment };
  return JSON.stringify({ static_resources: { listeners: [listener], clusters: [cluster] } });
}

test("forwards requests, and counts them", async () => {
  const response = await fetch(`${envoy.url}/v1/models`);
  assert.equal(response.status, 200);
  await response.text();
  assert.equal(envoy.url, `http://127.0.0.1:${envoy.port("egress")}`);
  assert.ok((await envoy.stats("http.egress.downstream_rq_total")) >= 1);
  assert.equal(await envoy.stats("no.such.stat"), 0);
  assert.match(await envoy.prometheus(), /envoy_http_downstream_rq_total/);
  assert.match(JSON.stringify(await envoy.configDump()), /"stat_prefix":"egress"/);
});

test("accepts HTTP/2 with a body in pieces and trailers", async () => {
  const response = await exchangeH2(envoy.port("egress"), {
    headers: { ":path": "/x", "x-mock-echo": "1" },
    pieces: ["ab", "cd"],
    trailers: { "x-sum": "4" },
  });
  assert.equal(response.status, 200);
  assert.match(response.body.toString(), /"bodyBytes":4/);
});

test("reports its memory and its log", () => {
  assert.ok(envoy.memoryBytes() > 10_000_000);
  assert.match(envoy.logs(), /starting main dispatch loop/);
});

test("reports why it did not start, with the end of its log", async () => {
  const config = { static_resources: { listeners: [{ name: "no-address" }] } };
  await assert.rejects(
    startEnvoy({ config }),
    /Envoy has exited\. The end of its log:\n.*no-address/s,
  );
});

test("has exited after it was stopped", async () => {
  const other = await startEnvoy({ config: {} });
  await other.stop();
  assert.throws(() => process.kill(other.pid, 0), /ESRCH/);
});
