// Requests that are aborted: by the client, or by a refusal after the answer has begun.
import assert from "node:assert/strict";
import { connect, constants } from "node:http2";
import { test } from "node:test";
import { type DefineTests, onEachEnvoy } from "../support/each-envoy.ts";
import { eventually, type Gateway } from "../support/gateway.ts";
import { connectRaw, exchangeRaw } from "../support/http.ts";
import { pluginConfig, provider } from "../support/plugin-providers.ts";
import { echoing, echoOf, post } from "../support/requests.ts";

const host = "api.example";
const plugin = pluginConfig([provider(host)]);
const early: [string, string] = ["x-mock-early", "1"];
const body = `{"a":"${"x".repeat(100_000)}"}`;

async function assertServes({ port }: Gateway): Promise<void> {
  const answer = await exchangeRaw(port, [post(host, "{}", { headers: [echoing] })]);
  assert.equal(echoOf(answer).bodyBytes, 3);
}

/** Sends most of a body, waits until the mock has received its beginning, and resets the stream. */
async function abandonHttp2(port: number, mustWait: () => boolean): Promise<void> {
  const session = connect(`http://127.0.0.1:${port}`);
  const pseudo = { ":method": "POST", ":path": "/v1/chat/completions", ":authority": host };
  const stream = session.request(pseudo);
  stream.on("error", () => {});
  stream.write(body.slice(0, -1));
  await eventually(() => !mustWait(), "the upstream request");
  stream.close(constants.NGHTTP2_CANCEL);
  await eventually(() => stream.closed, "the stream's end");
  session.destroy();
}

const leave: DefineTests = (gateway) => {
  test("aborts the provider's request if an HTTP/1.1 client leaves during its request", async () => {
    const { mock, port, observe } = gateway();
    const abortedBefore = mock.stats.aborted;
    const receivedBefore = mock.stats.received;
    const { complete } = await observe(async () => {
      const client = await connectRaw(port);
      client.send(post(host, body).subarray(0, -1));
      await eventually(() => mock.stats.received > receivedBefore, "the upstream request");
      client.close();
    });
    assert.deepEqual([complete, mock.stats.aborted - abortedBefore], [0, 1]);
    await assertServes(gateway());
  });

  test("aborts the provider's request if an HTTP/2 client resets its stream", async () => {
    const { mock, port, observe } = gateway();
    const abortedBefore = mock.stats.aborted;
    const receivedBefore = mock.stats.received;
    const { complete } = await observe(() =>
      abandonHttp2(port, () => mock.stats.received === receivedBefore),
    );
    assert.deepEqual([complete, mock.stats.aborted - abortedBefore], [0, 1]);
    await assertServes(gateway());
  });

  test("continues to work after a client leaves during a streamed answer", async () => {
    const { mock, port } = gateway();
    const pause: [string, string] = ["x-mock-pause-ms", "20"];
    const client = await connectRaw(port);
    const content = "many words ".repeat(100);
    const request = { messages: [{ role: "user", content }], stream: true, model: "m" };
    client.send(post(host, JSON.stringify(request), { headers: [pause] }));
    await eventually(() => client.received().includes("data: "), "the first event");
    client.close();
    await eventually(() => mock.requests.at(-1)!.durationMs > 0, "the mock to notice");
    await assertServes(gateway());
  });
};

/**
 * Sends the beginning of a body over HTTP/2, and the end after the answer has begun. Resolves with
 * whether the answer was reset.
 */
async function endLateHttp2(port: number, start: string, end: string): Promise<boolean> {
  const session = connect(`http://127.0.0.1:${port}`);
  const pseudo = { ":method": "POST", ":path": "/v1/chat/completions", ":authority": host };
  const stream = session.request({ ...pseudo, "x-mock-early": "1" });
  let received = "";
  let broken = false;
  stream.on("error", () => {});
  stream.on("aborted", () => (broken = true));
  stream.on("data", (chunk: Buffer) => (received += chunk.toString()));
  stream.write(start);
  await eventually(() => received.includes("data: "), "the first event");
  stream.write(end);
  await eventually(() => stream.closed, "the stream's end");
  session.destroy();
  return broken && !received.includes("[DONE]");
}

const refuseLate: DefineTests = (gateway) => {
  const breaks: Record<string, string> = { "an error": "]", "extra bytes": '"}}' };
  for (const [name, rest] of Object.entries(breaks)) {
    test(`resets an answer that has begun if the body continues with ${name}`, async () => {
      const { port, observe } = gateway();
      const { answer, complete, details } = await observe(async () => {
        const client = await connectRaw(port);
        const request = post(host, `{"a":"x${rest.padEnd(10)}`, { headers: [early] });
        client.send(request.subarray(0, -10));
        await eventually(() => client.received().includes("data: "), "the first event");
        client.send(request.subarray(-10));
        const response = await client.finished();
        client.close();
        return response;
      });
      assert.deepEqual([answer.status, answer.complete, complete], [200, false, 0]);
      assert.equal(details, "llm_egress_invalid_json");
      await assertServes(gateway());
    });
  }

  test("resets the HTTP/2 stream of an answer that has begun", async () => {
    const { port, observe } = gateway();
    const request = () => endLateHttp2(port, '{"a":1', "]");
    const { answer, complete, details } = await observe(request);
    assert.deepEqual([answer, complete, details], [true, 0, "llm_egress_invalid_json"]);
    await assertServes(gateway());
  });
};

onEachEnvoy("aborted requests", { plugin }, leave, refuseLate);
