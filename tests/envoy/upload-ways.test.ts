// Bodies of all sizes, sent in all ways, reach the provider completely, edited, and with the exact
// length.
import assert from "node:assert/strict";
import { Agent } from "node:http";
import { connect } from "node:http2";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { type DefineTests, onEachEnvoy } from "../support/each-envoy.ts";
import { pluginConfig, provider } from "../support/plugin-providers.ts";
import { echoedHeader, echoOf } from "../support/requests.ts";
import { digestOf, sizedBodies, sizedBodyMembers } from "../support/sized-body.ts";
import { announcesLength, uploadWays } from "../support/uploads.ts";

const host = "api.example";
const digesting = { "x-mock-echo": "digest" };
const sizes = [2, 200, 4096, 64 * 1024, 3_000_000];
const cases = sizes.map((bytes) => {
  const { sent, edited } = sizedBodies(bytes);
  return { sent, editedBytes: edited.bytes, digest: digestOf(edited) };
});

const plugin = pluginConfig([provider(host, { settings: { members: sizedBodyMembers } })]);

const editBodies: DefineTests = (gateway) => {
  for (const [way, send] of Object.entries(uploadWays)) {
    test(`edits bodies of all sizes over ${way}`, async () => {
      for (const { sent, editedBytes, digest } of cases) {
        const upload = { host, bytes: sent.bytes, pieces: sent, headers: digesting };
        const { answer, complete } = await gateway().observe(() => send(gateway().port, upload));
        const echo = echoOf(answer);
        const length = announcesLength(way) ? [String(editedBytes)] : [];
        assert.deepEqual(echoedHeader(echo, "content-length"), length);
        assert.equal(echo.bodyBytes, editedBytes);
        assert.equal(echo.bodySha256, digest);
        assert.deepEqual(echo.trailers, []);
        assert.equal(complete, 1);
      }
    });
  }
};

const shareConnections: DefineTests = (gateway) => {
  test("edits each of several requests on one connection, and the next after a refusal", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const connections = () => gateway().envoy.stats("http.egress.downstream_cx_total");
    const send = uploadWays["HTTP/1.1 with content-length"]!;
    const sendCase = async ({ sent, digest }: (typeof cases)[number]) => {
      const upload = { host, bytes: sent.bytes, pieces: sent, headers: digesting, agent };
      assert.equal(echoOf(await send(gateway().port, upload)).bodySha256, digest);
    };
    const connectionsBefore = await connections();
    for (const each of [...cases, ...cases]) await sendCase(each);
    assert.equal((await connections()) - connectionsBefore, 1);
    // Envoy closes an HTTP/1.1 connection with each local response to a request with a body.
    const broken = { host, bytes: 2, pieces: [Buffer.from("{]")], agent };
    assert.equal((await send(gateway().port, broken)).status, 400);
    for (const each of cases) await sendCase(each);
    agent.destroy();
  });

  test("edits the other streams of an HTTP/2 connection if one is refused", async () => {
    const session = connect(`http://127.0.0.1:${gateway().port}`);
    const send = async (body: string) => {
      const path = "/v1/chat/completions";
      const pseudo = { ":method": "POST", ":path": path, ":authority": host };
      const stream = session.request({ ...pseudo, "x-mock-echo": "1" });
      stream.end(body);
      return text(stream);
    };
    const bodies = ['{"model":"a"}', '{"model":}', '{"model":"b"}', '{"model":"c"', "{}"];
    const answers = await Promise.all(bodies.map(send));
    session.destroy();
    assert.deepEqual(
      answers.map((answer) => /invalid_json|bodyBytes/.exec(answer)?.[0]),
      ["bodyBytes", "invalid_json", "bodyBytes", "invalid_json", "bodyBytes"],
    );
  });
};

onEachEnvoy("uploads", { plugin }, editBodies, shareConnections);
