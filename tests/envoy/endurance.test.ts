// Many requests that are served, refused or abandoned. The module frees their memory, and its VM
// never fails.
import assert from "node:assert/strict";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { after, test } from "node:test";
import { setImmediate as soon } from "node:timers/promises";
import { startGateway } from "../support/gateway.ts";
import { pluginConfig, provider } from "../support/plugin-providers.ts";

const host = "api.example";
const members = [
  { name: "model", default: '"m-1"' },
  { name: "max_tokens", limit: "100" },
];
const models = { aliases: { fast: "gpt-4o-mini" } };
const plugin = pluginConfig([provider(host, { settings: { members, models } })]);

// A minimal upstream, as a real one would take most of the test's time. It takes the last chunk as
// the end of a request.
const upstream = createServer((socket) => {
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    if (bytes.includes("0\r\n\r\n")) socket.write("HTTP/1.1 204 No Content\r\n\r\n");
  });
});
upstream.listen(0, "127.0.0.1");
await once(upstream, "listening");
const gateway = await startGateway({
  plugin,
  upstreams: { [host]: (upstream.address() as AddressInfo).port },
});
after(async () => {
  await gateway.close();
  upstream.close();
});

const warmUpRequests = 2_000;
const requests = 20_000;
const sessions = 4;
const streamsPerSession = 8;
const maxGrowthBytes = 4_000_000;

const headers = { ":method": "POST", ":path": "/v1/chat/completions", ":authority": host };
const abandoned = -1;

/** Makes one request, whose kind depends on `index`, and resolves with its status. */
function request(session: ClientHttp2Session, index: number): Promise<number> {
  const kind = index % 8;
  const stream = session.request(headers);
  let status = 0;
  stream.on("response", (answer) => (status = answer[":status"] ?? 0));
  stream.on("error", () => {});
  stream.resume();
  // The filter holds bytes back within the name of the member, and within its value.
  stream.write('{"a":1,"max_tok');
  if (kind === 5) void soon().then(() => stream.close(constants.NGHTTP2_CANCEL));
  else stream.end(kind === 3 ? "ens]" : 'ens":5000,"model":"fast"}');
  return new Promise((resolve) => {
    stream.on("close", () => resolve(kind === 5 ? abandoned : status));
  });
}

/** Makes `count` requests over a few connections, and counts them by status. */
async function run(port: number, count: number): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  let next = 0;
  const work = async (session: ClientHttp2Session) => {
    while (next < count) {
      const status = await request(session, next++);
      counts[status] = (counts[status] ?? 0) + 1;
    }
  };
  const open = Array.from({ length: sessions }, () => connect(`http://127.0.0.1:${port}`));
  const workers = open.flatMap((session) =>
    Array.from({ length: streamsPerSession }, () => work(session)),
  );
  await Promise.all(workers);
  for (const session of open) session.destroy();
  return counts;
}

test("serves 20,000 requests in constant memory and with one VM", async (context) => {
  const { envoy, port } = gateway;
  await run(port, warmUpRequests);
  const created = await envoy.stats("wasm.envoy.wasm.runtime.v8.created");
  const memoryBefore = envoy.memoryBytes();
  const counts = await run(port, requests);
  const growth = envoy.memoryBytes() - memoryBefore;
  context.diagnostic(`Envoy's memory grew by ${(growth / 1e6).toFixed(1)} MB`);
  const each = requests / 8;
  assert.deepEqual(counts, { 204: each * 6, 400: each, [abandoned]: each });
  assert.ok(growth < maxGrowthBytes, `${growth} bytes`);
  assert.equal(await envoy.stats("wasm.envoy.wasm.runtime.v8.created"), created);
  assert.equal(await envoy.stats("wasm.llm-egress.vm_reload"), 0);
  assert.doesNotMatch(envoy.logs(), /\[(error|critical)\]\[wasm\]/);
});
