// Content-lengths that Envoy's codecs accept, but that are not plain numbers. If the filter did not
// change the length of a longer body, the rest of the body would precede the next request on the
// provider's connection.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type DefineTests, onEachEnvoy } from "../support/each-envoy.ts";
import { exchangeH2 } from "../support/h2c.ts";
import { exchangeRaw } from "../support/http.ts";
import { pluginConfig, provider } from "../support/plugin-providers.ts";
import { type AnyAnswer, echoedHeader, echoing, echoOf, head } from "../support/requests.ts";

const host = "api.example";
const body = '{"a":1}';
const plugin = pluginConfig([
  provider(host, { settings: { members: [{ name: "model", override: '"m"' }] } }),
]);
const padded = ["07", "0".repeat(17) + "7", "0".repeat(18) + "7", "0".repeat(40) + "7"];
const strange = ["+7", "7,7", "0x7", "-7", "7 7", "9".repeat(19), "9".repeat(40)];

function assertExact(answer: AnyAnswer, length: string): void {
  const echo = echoOf(answer);
  assert.deepEqual(echoedHeader(echo, "content-length"), [String(echo.bodyBytes)], length);
  assert.equal(echo.bodyBytes, body.length + ',"model":"m"'.length);
}

const oddLengths: DefineTests = (gateway) => {
  test("sends the exact length to the provider if the client's length has leading zeros", async () => {
    const { port } = gateway();
    for (const length of padded) {
      const request = head(host, { headers: [echoing, ["content-length", length]] }) + body;
      assertExact(await exchangeRaw(port, [request]), length);
      const headers = {
        ":method": "POST",
        ":path": "/v1/chat/completions",
        ":authority": host,
        "x-mock-echo": "1",
        "content-length": length,
      };
      const answer = await exchangeH2(port, { headers, pieces: [body] });
      if (answer.status !== 400) assertExact(answer, length);
    }
  });

  test("forwards no request whose length is not a number", async () => {
    const { port, mock } = gateway();
    const before = mock.stats.complete;
    for (const length of strange) {
      const request = head(host, { headers: [["content-length", length]] }) + body;
      const { status } = await exchangeRaw(port, [request]);
      assert.ok(status === 400 || status === 413, `${length}: ${status}`);
    }
    assert.equal(mock.stats.complete, before);
  });
};

onEachEnvoy("odd lengths", { plugin }, oddLengths);
