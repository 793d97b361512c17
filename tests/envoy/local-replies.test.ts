// What Envoy answers by itself has the form of OpenAI's errors. What the filter or a provider answers
// stays as it is.
import assert from "node:assert/strict";
import { createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { exchangeRaw } from "../support/http.ts";
import type { RawResponse } from "../support/http-response.ts";
import { endRun, type Running, startRun } from "../support/run-command.ts";

const host = "dashscope.aliyuncs.com";
let running: Running;
let provider: Server;
let answer: (socket: Socket) => void;

before(async () => {
  provider = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => answer(socket));
  }).listen(0, "127.0.0.1");
  await once(provider, "listening");
  const { port } = provider.address() as { port: number };
  const upstream = ["--upstream", `${host}=http://127.0.0.1:${port}`];
  running = await startRun([...upstream, "examples/quickstart"], { DASHSCOPE_API_KEY: "fake-key" });
  await running.said("llm-egress listens on");
});
after(async () => {
  await endRun(running);
  provider.close();
});

const body = '{"messages":[]}';
const lines = (first: string, ...more: string[]) =>
  [first, ...more, `content-length: ${body.length}`, "", body].join("\r\n");

function send(first = "POST / HTTP/1.1", ...more: string[]): Promise<RawResponse> {
  return exchangeRaw(running.port, [lines(first, `host: ${host}`, ...more)]);
}

function assertError(response: RawResponse, status: number, code: string): void {
  assert.equal(response.status, status);
  const raw = response.raw.toString();
  assert.match(raw, /^content-type: application\/json\r$/m);
  const { error } = JSON.parse(raw.slice(raw.indexOf("\r\n\r\n"))) as {
    error: Record<string, unknown>;
  };
  assert.deepEqual(Object.keys(error), ["message", "type", "param", "code"]);
  assert.equal(error["type"], status < 500 ? "invalid_request_error" : "server_error");
  assert.equal(error["code"], code);
}

test("a provider that closes the connection is 503 provider_unavailable", async () => {
  answer = (socket) => socket.destroy();
  assertError(await send(), 503, "provider_unavailable");
});

test("a provider that does not speak HTTP is 502 bad_provider_answer", async () => {
  answer = (socket) => socket.end("garbage\r\n\r\n");
  assertError(await send(), 502, "bad_provider_answer");
});

test("headers that are too large, HTTP/1.0 and invalid HTTP have codes of their own", async () => {
  const large = await send("POST / HTTP/1.1", `x: ${"a".repeat(70_000)}`);
  assertError(large, 431, "headers_too_large");
  assertError(await send("POST / HTTP/1.0"), 426, "upgrade_required");
  assertError(await send("POST / HTTP/1.1", "a b: c"), 400, "bad_request");
});

test("an upgrade to a websocket is refused by the filter, and any other by Envoy", async () => {
  const ask = (upgrade: string) =>
    send("POST / HTTP/1.1", "connection: upgrade", `upgrade: ${upgrade}`);
  assertError(await ask("websocket"), 426, "upgrade_not_supported");
  assertError(await ask("x"), 403, "forbidden");
});

test("the answers of the provider and of the filter stay as they are", async () => {
  const text = "HTTP/1.1 503 X\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\nbusy";
  answer = (socket) => socket.end(text);
  const response = await send();
  assert.equal(response.status, 503);
  assert.match(response.raw.toString(), /^content-type: text\/plain\r$[^]*\r\n\r\nbusy$/m);
  assertError(await send("PUT / HTTP/1.1"), 405, "method_not_allowed");
});
