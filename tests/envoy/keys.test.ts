// Keys from a key server, in a real Envoy: a scripted server whose answers the test decides.
import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { onEachEnvoy } from "../support/each-envoy.ts";
import { eventually } from "../support/gateway.ts";
import { exchangeRaw } from "../support/http.ts";
import { clusterOf, pluginConfig, settings } from "../support/plugin-providers.ts";
import { chunked, post } from "../support/requests.ts";

const host = "api.example";
const keyHost = "keys.example";

/** The calls of workers that wait, and what they asked. */
const calls: { url: URL; response: ServerResponse }[] = [];
const keyServer = createServer((request, response) => {
  calls.push({ url: new URL(request.url!, "http://keys"), response });
  response.on("close", () => {
    const index = calls.findIndex((call) => call.response === response);
    if (index >= 0) calls.splice(index, 1);
  });
});
/** What the provider gets: the credential, and the whole body. */
const received: { key: string | undefined; tenant: unknown; body: string }[] = [];
const provider = createServer((request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString()));
  request.on("end", () => {
    const { authorization: key, "x-tenant": tenant } = request.headers;
    received.push({ key, tenant, body });
    response.end("{}");
  });
});
for (const server of [keyServer, provider]) {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.close();
    server.closeAllConnections();
  });
}
const portOf = (server: typeof provider) => (server.address() as AddressInfo).port;

let version = 0;

/** Answers every call under way with this key. */
function handOut(key: string): void {
  version += 1;
  for (const { response } of calls.splice(0)) {
    const keys = { "openai/api-key": key, "openai/tenant": `tenant-of-${key}` };
    response.end(JSON.stringify({ version: `${version}.v`, keys }));
  }
}

const plugin = pluginConfig(
  [
    {
      ...{ name: "test/a", clusters: [clusterOf(host)], path: "/v1/chat/completions", routes: [] },
      ...{ endpoints: 0, secretHeaders: { "x-tenant": "openai/tenant" } },
      settings: settings({ apiKeySecretRef: "openai/api-key" }),
    },
  ],
  { keyServer: { cluster: clusterOf(keyHost) }, revision: "r-1" },
);

onEachEnvoy(
  "keys",
  {
    plugin,
    upstreams: { [host]: portOf(provider), [keyHost]: portOf(keyServer) },
    otherHosts: [keyHost],
  },
  (gateway) => {
    const body = `{"content":"${"x".repeat(100_000)}"}`;
    const send = (request: (string | Buffer)[]) => exchangeRaw(gateway().port, request);

    test("requests of a worker without keys get 503 after 2 s", async () => {
      await eventually(() => calls.length > 0, "a call");
      assert.equal(calls[0]!.url.href, "http://keys/v1/keys?version=&config=r-1");
      const before = performance.now();
      const answer = await send([post(host, body)]);
      const waited = performance.now() - before;
      assert.equal(answer.status, 503);
      assert.match(answer.body.toString(), /key_unavailable/);
      assert.ok(waited > 1900 && waited < 3000, `${waited} ms`);
    });

    test("requests that wait go out with the first key, whole", async () => {
      received.length = 0;
      const answers = [[post(host, body)], chunked(host, [body.slice(0, 9), body.slice(9)])].map(
        send,
      );
      await sleep(300);
      assert.equal(received.length, 0);
      handOut("sk-1");
      for (const answer of await Promise.all(answers)) assert.equal(answer.status, 200);
      assert.deepEqual(
        received.map(({ key }) => key),
        ["Bearer sk-1", "Bearer sk-1"],
      );
      for (const each of received) assert.equal(each.body.length, body.length + 1);
    });
  },
  (gateway) => {
    const send = () => exchangeRaw(gateway().port, [post(host, "{}")]);

    test("a new key is in use at once, and every request is answered meanwhile", async () => {
      received.length = 0;
      for (let round = 0; round < 20; round++) {
        await eventually(() => calls.length > 0, "a call");
        handOut(`sk-${round}`);
        await eventually(async () => {
          assert.equal((await send()).status, 200);
          const { key, tenant } = received.at(-1)!;
          return key === `Bearer sk-${round}` && tenant === `tenant-of-sk-${round}`;
        }, `key ${round}`);
      }
    });

    test("a server that breaks off is called again, and the key stays in use", async () => {
      for (let round = 0; round < 3; round++) {
        await eventually(() => calls.length > 0, "a call");
        for (const { response } of calls.splice(0)) response.destroy();
        assert.equal((await send()).status, 200);
      }
      assert.equal(received.at(-1)!.key, "Bearer sk-19");
    });
  },
);
