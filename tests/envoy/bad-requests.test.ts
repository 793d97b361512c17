// Requests that the filter refuses for reasons other than the content of the body: size, encoding,
// method, endpoint, host.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { test } from "node:test";
import { type DefineTests, onEachEnvoy } from "../support/each-envoy.ts";
import { exchangeH2 } from "../support/h2c.ts";
import { headerOf } from "../support/http-response.ts";
import { connectRaw, exchangeRaw } from "../support/http.ts";
import { pluginConfig, provider } from "../support/plugin-providers.ts";
import {
  assertRefused,
  chunk,
  chunked,
  echoedBody,
  echoing,
  echoOf,
  head,
  post,
  type RequestHead,
} from "../support/requests.ts";

const host = "api.example";
const small = "small.example";
const maxRequestBytes = 1000;
const plugin = pluginConfig([
  provider(host),
  provider(small, { settings: { maxRequestBytes } }),
  provider("odd.example", { path: "/chat" }),
]);

const tooLarge = { status: 413, code: "request_too_large" };
const encoded = { status: 415, code: "unsupported_content_encoding" };
const badMethod = { status: 405, code: "method_not_allowed" };
const unknown = { status: 404, code: "unknown_endpoint" };
const misdirected = { status: 421, code: "misdirected_request" };

function bodyOf(bytes: number): string {
  return `{"a":"${"x".repeat(bytes - '{"a":""}'.length)}"}`;
}

const limitSize: DefineTests = (gateway) => {
  test("accepts a body as large as the limit", async () => {
    const { port } = gateway();
    const headers = [echoing];
    const body = bodyOf(maxRequestBytes);
    const requests = [[post(small, body, { headers })], chunked(small, [body], { headers })];
    for (const request of requests) {
      assert.equal(echoOf(await exchangeRaw(port, request)).bodyBytes, maxRequestBytes + 1);
    }
  });

  test("refuses a content-length above the limit before any of the body has arrived", async () => {
    const { port, mock, observe } = gateway();
    const receivedBefore = mock.stats.received;
    const headers: [string, string][] = [["content-length", String(maxRequestBytes + 1)]];
    assertRefused(await observe(() => exchangeRaw(port, [head(small, { headers })])), tooLarge);
    assert.equal(mock.stats.received, receivedBefore);
  });

  test("refuses a body without a length as soon as it exceeds the limit", async () => {
    const { port, observe } = gateway();
    const piece = '{"a":"'.padEnd(maxRequestBytes, "x");
    const observed = await observe(async () => {
      const client = await connectRaw(port);
      const headers: [string, string][] = [["transfer-encoding", "chunked"]];
      client.send(head(small, { headers }));
      client.send(chunk(piece));
      client.send(chunk("x"));
      const answer = await client.finished();
      client.close();
      return answer;
    });
    assertRefused(observed, tooLarge);
    const h2 = { ":path": "/v1/chat/completions", ":authority": small };
    const pieces = [piece, "x", '"}'];
    assertRefused(await observe(() => exchangeH2(port, { headers: h2, pieces })), tooLarge);
  });
};

const refuseEncodings: DefineTests = (gateway) => {
  const encodings: Record<string, string[]> = {
    gzip: ["gzip"],
    "an unknown one": ["x-zip"],
    "two in one line": ["identity, gzip"],
    "gzip in the first of two lines": ["gzip", "identity"],
    "gzip in the second of two lines": ["identity", "gzip"],
  };
  for (const [name, values] of Object.entries(encodings)) {
    test(`refuses a content-encoding: ${name}`, async () => {
      const { port, observe } = gateway();
      const headers = values.map((value): [string, string] => ["content-encoding", value]);
      const request = post(host, gzipSync("{}"), { headers });
      assertRefused(await observe(() => exchangeRaw(port, [request])), encoded);
    });
  }

  test("accepts a body with the encoding identity", async () => {
    const headers: [string, string][] = [echoing, ["Content-Encoding", "Identity"]];
    const answer = await exchangeRaw(gateway().port, [post(host, "{}", { headers })]);
    assert.equal(echoedBody(answer), "{ }");
  });
};

const models = "/v1/models";

const badMethods: Record<string, { request: RequestHead; allow: string }> = {
  "PUT on chat": { request: { method: "PUT" }, allow: "POST" },
  "DELETE on chat": { request: { method: "DELETE" }, allow: "POST" },
  "PATCH on chat": { request: { method: "PATCH" }, allow: "POST" },
  "TRACE on chat": { request: { method: "TRACE" }, allow: "POST" },
  "OPTIONS on chat": { request: { method: "OPTIONS" }, allow: "POST" },
  "GET on chat": { request: { method: "GET" }, allow: "POST" },
  "GET on embeddings": { request: { method: "GET", path: "/v1/embeddings" }, allow: "POST" },
  "TRACE on models": { request: { method: "TRACE", path: models }, allow: "GET" },
  "POST on models": { request: { method: "POST", path: models }, allow: "GET" },
};

const refuseMethods: DefineTests = (gateway) => {
  for (const [name, { request, allow }] of Object.entries(badMethods)) {
    test(`refuses ${name}, and says which method is allowed`, async () => {
      const { port, observe } = gateway();
      const observed = await observe(() => exchangeRaw(port, [head(host, request)]));
      assertRefused(observed, badMethod);
      assert.equal(headerOf(observed.answer.headers, "allow"), allow);
    });
  }

  test("refuses HEAD, whose answer has no body", async () => {
    const { port, observe } = gateway();
    const headers = { ":method": "HEAD", ":path": models, ":authority": host };
    const { answer, details, complete } = await observe(() => exchangeH2(port, { headers }));
    assert.deepEqual(
      [answer.status, answer.headers["allow"], details, complete],
      [405, "GET", "llm_egress_method_not_allowed", 0],
    );
  });
};

const refuseUpgrades: DefineTests = (gateway) => {
  test("refuses an upgrade to a websocket", async () => {
    const { port, observe } = gateway();
    const headers: [string, string][] = [
      ["connection", "Upgrade"],
      ["upgrade", "websocket"],
    ];
    const request = head(host, { method: "GET", path: "/v1/responses", headers });
    const observed = await observe(() => exchangeRaw(port, [request]));
    assertRefused(observed, { status: 426, code: "upgrade_not_supported" });
  });

  test("refuses an HTTP/2 websocket", async () => {
    const { port, observe } = gateway();
    const pseudo = { ":method": "CONNECT", ":protocol": "websocket", ":scheme": "http" };
    const headers = { ...pseudo, ":path": models, ":authority": host };
    assertRefused(await observe(() => exchangeH2(port, { headers, pieces: [] })), {
      status: 426,
      code: "upgrade_not_supported",
    });
  });
};

const serveModels: DefineTests = (gateway) => {
  test("lists models for a GET without a body", async () => {
    const { port } = gateway();
    const request = head(host, { method: "GET", path: models });
    const answer = await exchangeRaw(port, [request]);
    assert.equal(answer.status, 200);
    assert.match(answer.body.toString(), /"object":"list"/);
  });

  test("refuses a GET with a body", async () => {
    const { port, observe } = gateway();
    const request = post(host, "{}", { method: "GET", path: models });
    const refusal = { status: 400, code: "invalid_parameter" };
    assertRefused(await observe(() => exchangeRaw(port, [request])), refusal);
    const h2 = { ":method": "GET", ":path": models, ":authority": host };
    const trailers = { "x-sum": "1" };
    for (const pieces of [["{}"], []]) {
      const exchange = () => exchangeH2(port, { headers: h2, pieces, trailers });
      assertRefused(await observe(exchange), refusal);
    }
  });
};

const refuseEndpoints: DefineTests = (gateway) => {
  const paths = [
    ...["/v1", "/v1/", "/v1/files", "/v1/chat/completions//", "/v1/chat/completions/x"],
    ...["/v1/chat%2Fcompletions", "/v1/chat/completions;x", "/chatcompletions", "//"],
    ...["/v1/CHAT/COMPLETIONS", "/v1/audio/speech", "/v1/files?x=/chat/completions"],
  ];
  test("refuses every endpoint that is not in its list", async () => {
    const { port, observe } = gateway();
    for (const path of paths) {
      assertRefused(await observe(() => exchangeRaw(port, [post(host, "{}", { path })])), unknown);
    }
  });

  test("refuses the other endpoints if the provider's path can't be changed for them", async () => {
    const { port, observe } = gateway();
    const chat = await exchangeRaw(port, [post("odd.example", "{}", { headers: [echoing] })]);
    assert.equal(echoOf(chat).path, "/chat");
    const request = post("odd.example", "{}", { path: "/v1/embeddings" });
    assertRefused(await observe(() => exchangeRaw(port, [request])), unknown);
  });
};

const refuseHosts: DefineTests = (gateway) => {
  const names = [
    `${host}:80`,
    `${host}:443`,
    `${host}.`,
    `x.${host}`,
    "other.example",
    "127.0.0.1",
  ];
  for (const name of names) {
    test(`refuses the host ${name}`, async () => {
      const { port, observe } = gateway();
      assertRefused(await observe(() => exchangeRaw(port, [post(name, "{}")])), misdirected);
      const headers = { ":path": "/v1/chat/completions", ":authority": name };
      const exchange = () => exchangeH2(port, { headers, pieces: ["{}"] });
      assertRefused(await observe(exchange), misdirected);
    });
  }

  test("accepts the host in any case", async () => {
    const { port } = gateway();
    const answer = await exchangeRaw(port, [post("API.eXample", "{}", { headers: [echoing] })]);
    assert.equal(echoedBody(answer), "{ }");
  });
};

onEachEnvoy(
  "bad requests",
  { plugin },
  limitSize,
  refuseEncodings,
  refuseMethods,
  refuseUpgrades,
  serveModels,
);
onEachEnvoy("bad addresses", { plugin }, refuseEndpoints, refuseHosts);
