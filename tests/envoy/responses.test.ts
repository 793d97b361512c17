// What the client receives of the provider's answer: all of it, without delay, except for headers
// that are not for the client.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { after, test } from "node:test";
import { type DefineTests, onEachEnvoy } from "../support/each-envoy.ts";
import { eventually } from "../support/gateway.ts";
import { headerOf } from "../support/http-response.ts";
import { connectRaw, exchangeRaw } from "../support/http.ts";
import { pluginConfig, provider } from "../support/plugin-providers.ts";
import { startScripted } from "../support/scripted-upstream.ts";
import { echoing, echoOf, post } from "../support/requests.ts";

const host = "api.example";
const scriptedHost = "scripted.example";
const key = "sk-0123456789";
const open: ServerResponse[] = [];
const upstream = await startScripted((response) => void open.push(response));
after(() => upstream.close());
const plugin = pluginConfig([
  provider(host, { settings: { apiKey: key } }),
  provider(scriptedHost, { settings: { apiKey: key } }),
]);

// An event that is cut within a character, comments, CRLF, and no blank line at the end.
const pieces = [
  Buffer.from('data: {"choices":[{"delta":{"content":"é'),
  Buffer.from("漢").subarray(0, 2),
  Buffer.concat([Buffer.from("漢").subarray(2), Buffer.from('"}}]}\n\n')]),
  Buffer.from(": keep-alive\r\n\r\nevent:x\r\ndata:{}\r"),
  Buffer.from('\n\r\ndata: {"usage":{"prompt_tokens":1}}'),
];

const passStreams: DefineTests = (gateway) => {
  test("forwards each piece of a stream unchanged before the next is sent", async () => {
    const client = await connectRaw(gateway().port);
    client.send(post(scriptedHost, '{"stream":true}'));
    await eventually(() => open.length > 0, "the request");
    const response = open.pop()!;
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    const sent: Buffer[] = [];
    for (const piece of pieces) {
      response.write(piece);
      sent.push(piece);
      const expected = Buffer.concat(sent);
      await eventually(() => client.response().body.equals(expected), piece.toString());
    }
    response.end();
    const answer = await client.finished();
    assert.equal(headerOf(answer.headers, "content-type"), "text/event-stream; charset=utf-8");
    assert.deepEqual(answer.body, Buffer.concat(pieces));
    client.close();
  });

  test("forwards an answer that begins before the end of the request, and then its rest", async () => {
    const { port, observe } = gateway();
    const { complete } = await observe(async () => {
      const client = await connectRaw(port);
      const request = post(host, '{"a":1}', { headers: [["x-mock-early", "1"]] });
      client.send(request.subarray(0, -1));
      await eventually(() => client.received().includes("data: "), "the first event");
      client.send("}");
      const answer = await client.finished();
      client.close();
      assert.match(answer.body.toString(), /data: \[DONE\]\n\n$/);
    });
    assert.equal(complete, 1);
  });
};

const hideKeys: DefineTests = (gateway) => {
  test("hides the key in the body of an error, and keeps its length", async () => {
    const client = await connectRaw(gateway().port);
    client.send(post(scriptedHost, "{}"));
    await eventually(() => open.length > 0, "the request");
    const response = open.pop()!;
    const body = `{"error":{"message":"Incorrect API key: ${key}."}}`;
    response.writeHead(401, { "content-length": body.length, [`x-${key}`]: "1" });
    const cut = body.indexOf(key) + 5;
    response.write(body.slice(0, cut));
    const known = body.slice(0, cut - 5);
    await eventually(() => client.response().body.toString() === known, "what can't be the key");
    response.end(body.slice(cut));
    const answer = await client.finished();
    assert.equal(answer.body.toString(), body.replace(key, "*".repeat(key.length)));
    assert.equal(headerOf(answer.headers, `x-${key}`), undefined);
    client.close();
  });
};

const passErrors: DefineTests = (gateway) => {
  const limits = { "retry-after": "7", "x-ratelimit-remaining-requests": "0", "x-request-id": "r" };
  for (const status of [401, 429, 500, 503]) {
    test(`forwards the provider's own ${status} unchanged`, async () => {
      const { port, observe } = gateway();
      const headers: [string, string][] = [
        ["x-mock-status", String(status)],
        ["x-mock-response-headers", JSON.stringify(limits)],
      ];
      const request = post(host, "{}", { headers });
      const { answer, details } = await observe(() => exchangeRaw(port, [request]));
      assert.equal(answer.status, status);
      assert.equal(details, "via_upstream");
      assert.match(answer.body.toString(), new RegExp(`The mock was asked for ${status}\\.`));
      for (const [name, value] of Object.entries(limits)) {
        assert.equal(headerOf(answer.headers, name), value);
      }
    });
  }

  test("forwards an answer without a body", async () => {
    const request = post(host, "{}", { headers: [["x-mock-status", "204"]] });
    const answer = await exchangeRaw(gateway().port, [request]);
    assert.deepEqual([answer.status, answer.complete], [204, true]);
  });

  test("aborts the client's answer if the provider's answer is aborted", async () => {
    const headers: [string, string][] = [["x-mock-abort", "mid-body"]];
    const chat = '{"model":"m","stream":true,"messages":[{"role":"user","content":"a b c"}]}';
    const request = post(host, chat, { headers });
    const answer = await exchangeRaw(gateway().port, [request]);
    assert.deepEqual([answer.status, answer.complete], [200, false]);
  });
};

const dropHeaders: DefineTests = (gateway) => {
  test("removes cookies, alternative services, and every header that contains the key", async () => {
    const added = {
      "set-cookie": ["a=1", "b=2"],
      "Alt-Svc": 'h3=":443"',
      authorization: `Bearer ${key}`,
      "x-echoed": ["harmless", `key is ${key}.`],
      location: `https://api.example/?key=${key}`,
      "x-kept": key.slice(0, -1),
      "openai-version": "2020-10-01",
    };
    const headers: [string, string][] = [
      echoing,
      ["x-mock-response-headers", JSON.stringify(added)],
    ];
    const answer = await exchangeRaw(gateway().port, [post(host, "{}", { headers })]);
    echoOf(answer);
    const kept = answer.headers.filter(([name]) =>
      Object.keys(added).some((each) => each.toLowerCase() === name),
    );
    assert.deepEqual(Object.fromEntries(kept), {
      "x-kept": added["x-kept"],
      "openai-version": "2020-10-01",
    });
    const lines = answer.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
    assert.ok(!lines.includes(key), lines);
  });
};

onEachEnvoy(
  "responses",
  { plugin, upstreams: { [scriptedHost]: upstream.port } },
  passStreams,
  passErrors,
  hideKeys,
  dropHeaders,
);
