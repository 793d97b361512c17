// What a test can ask of the mock provider by x-mock-* headers, and what it remembers.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { get } from "node:https";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import type { Echo } from "../../src/mock/echo.ts";
import type { MockRequest } from "../../src/mock/records.ts";
import { type Mock, startMock } from "../../src/mock/server.ts";
import { selfSigned } from "../support/certificate.ts";
import { connectRaw, exchangeRaw } from "../support/http.ts";

let mock: Mock;
const seen: MockRequest[] = [];

before(async () => {
  mock = await startMock({ apiKey: "sk-right", onRequest: (request) => seen.push(request) });
});
after(() => mock.close());

async function until(isReached: () => boolean) {
  for (let tries = 0; tries < 200 && !isReached(); tries += 1) await sleep(10);
  assert.ok(isReached());
}

test("echoes what it received: case, order, repeats, bytes and trailers", async () => {
  const response = await exchangeRaw(mock.port, [
    "POST /x?y=1 HTTP/1.1\r\nHost: a.b\r\nX-Mock-Echo: 1\r\nX-A: 1\r\nx-a: 2\r\n",
    "Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n",
    "3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n",
  ]);
  const echo = JSON.parse(response.body.toString()) as Echo;
  assert.equal(echo.method, "POST");
  assert.equal(echo.path, "/x?y=1");
  assert.equal(echo.httpVersion, "1.1");
  assert.deepEqual(
    echo.headers.filter(([name]) => /^x-a$/i.test(name)),
    [
      ["X-A", "1"],
      ["x-a", "2"],
    ],
  );
  assert.equal(Buffer.from(echo.bodyBase64 ?? "", "base64").toString(), "abcde");
  assert.equal(echo.bodyBytes, 5);
  assert.equal(echo.bodySha256, createHash("sha256").update("abcde").digest("hex"));
  assert.deepEqual(echo.trailers, [["X-Sum", "5"]]);
});

test("digests a body without giving it back", async () => {
  const body = Buffer.alloc(3_000_000, "a");
  const headers = { "x-mock-echo": "digest" };
  const response = await fetch(mock.url, { method: "POST", body, headers });
  const echo = (await response.json()) as Echo;
  assert.equal(echo.bodyBase64, undefined);
  assert.equal(echo.bodyBytes, body.length);
  assert.equal(echo.bodySha256, createHash("sha256").update(body).digest("hex"));
});

test("answers with the status and headers that it is asked for", async () => {
  const added = JSON.stringify({ "X-Extra": "1", "set-cookie": ["a=1", "b=2"] });
  const response = await fetch(mock.url, {
    headers: { "x-mock-status": "503", "x-mock-response-headers": added },
  });
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("x-extra"), "1");
  assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
  assert.match(await response.text(), /"type":"server_error"/);
});

test("waits before it answers", async () => {
  const begun = performance.now();
  await fetch(mock.url, { headers: { "x-mock-echo": "1", "x-mock-delay-ms": "120" } });
  assert.ok(performance.now() - begun >= 110);
});

const chat = (extra: string) => {
  const body = '{"model":"m","stream":true,"messages":[{"role":"user","content":"hé"}]}';
  const head = `POST /chat/completions HTTP/1.1\r\nhost: a\r\nauthorization: Bearer sk-right\r\n${extra}`;
  return `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
};

test("cuts the answer into writes of N bytes, through characters too", async () => {
  const { raw, body } = await exchangeRaw(mock.port, [chat("x-mock-chunk-bytes: 7\r\n")]);
  assert.ok(raw.includes("\r\n7\r\ndata: {\r\n7\r\n"));
  assert.ok(body.toString().includes("hé"));
  assert.ok(body.toString().endsWith("data: [DONE]\n\n"));
});

test("ends the connection after the headers, or in the midst of the body", async () => {
  const early = await exchangeRaw(mock.port, [chat("x-mock-abort: after-headers\r\n")]);
  assert.equal(early.status, 200);
  assert.equal(early.complete, false);
  assert.equal(early.body.length, 0);
  const late = await exchangeRaw(mock.port, [chat("x-mock-abort: mid-body\r\n")]);
  assert.equal(late.complete, false);
  assert.ok(late.body.length > 0);
});

test("answers early while the request is still coming, and slowly", async () => {
  const client = await connectRaw(mock.port);
  const head = "POST /chat/completions HTTP/1.1\r\nhost: a\r\nx-mock-early: 1\r\n";
  client.send(`${head}x-mock-pause-ms: 20\r\ncontent-length: 10\r\n\r\n12345`);
  await until(() => client.received().includes("data: "));
  assert.equal(mock.requests.at(-1)?.body, "pending");
  client.send("67890");
  await until(() => client.received().includes("[DONE]"));
  client.close();
});

test("wants exactly one authorization line", async () => {
  const line = "authorization: Bearer sk-right\r\n";
  const twice = await exchangeRaw(mock.port, [chat(line)]);
  assert.equal(twice.status, 401);
  assert.equal((await exchangeRaw(mock.port, [chat("")])).status, 200);
});

test("counts requests that came to their end and those that did not", async () => {
  const before = { ...mock.stats };
  await fetch(mock.url, { method: "POST", body: "all" });
  const client = await connectRaw(mock.port);
  client.send("POST /gone HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n123");
  await until(() => mock.stats.received === before.received + 2);
  client.close();
  await until(() => mock.stats.aborted === before.aborted + 1);
  assert.equal(mock.stats.complete, before.complete + 1);
  assert.equal(mock.requests.at(-1)?.body, "aborted");
  await until(() => seen.at(-1)?.path === "/gone");
  assert.equal(seen.at(-1)?.status, 0);
  const stats = (await (await fetch(`${mock.url}/__mock/stats`)).json()) as { aborted: number };
  assert.equal(stats.aborted, mock.stats.aborted);
});

test("counts an answered request whose body never came to its end as aborted", async () => {
  const before = { ...mock.stats };
  const client = await connectRaw(mock.port);
  const head = "POST / HTTP/1.1\r\nhost: a\r\nx-mock-early: 1\r\nx-mock-status: 500\r\n";
  client.send(`${head}content-length: 10\r\n\r\n123`);
  await until(() => client.received().includes("server_error"));
  client.close();
  await until(() => mock.stats.aborted === before.aborted + 1);
});

test("speaks TLS with a given certificate, and echoes the name that was asked for", async () => {
  const tls = selfSigned("provider.test");
  const secure = await startMock({ tls });
  const options = { ca: tls.cert, servername: "provider.test", headers: { "x-mock-echo": "1" } };
  const request = get(secure.url, options);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const echo = (await json(response)) as Echo;
  assert.equal(echo.serverName, "provider.test");
  await secure.close();
});
