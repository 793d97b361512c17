// Bodies that the filter refuses. The client receives an error object, and no provider receives the
// whole request.
import { test } from "node:test";
import { type DefineTests, onEachEnvoy } from "../support/each-envoy.ts";
import { exchangeH2 } from "../support/h2c.ts";
import { exchangeRaw } from "../support/http.ts";
import { pluginConfig, provider } from "../support/plugin-providers.ts";
import {
  type AnyAnswer,
  assertRefused,
  chunk,
  chunked,
  echoedBody,
  echoing,
  head,
  post,
  type Refusal,
} from "../support/requests.ts";
import { type SizedBody, sizedBodies } from "../support/sized-body.ts";
import { uploadWays } from "../support/uploads.ts";

const host = "api.example";
// Has no managed members, so only the validation prevents that an invalid body becomes a complete
// request.
const bare = "bare.example";
const plugin = pluginConfig([
  provider(host, {
    settings: {
      members: [
        { name: "temperature", override: "0.7" },
        { name: "max_tokens", limit: "100" },
      ],
      models: { allow: ["gpt-*"], aliases: { fast: "gpt-4o-mini" } },
    },
  }),
  provider(bare),
]);

const invalid = { status: 400, code: "invalid_json" };
const missing = { status: 400, code: "missing_body" };
const tooDeep = { status: 400, code: "json_too_deep" };
const badNumber = { status: 400, code: "invalid_parameter", param: "max_tokens" };
const badModel = { status: 400, code: "invalid_parameter", param: "model" };
const notAllowed = { status: 403, code: "model_not_allowed", param: "model" };
const twice = { status: 400, code: "duplicate_member", param: "model" };

interface Case {
  name: string;
  body: string | Buffer;
  refusal: Refusal;
}

const cases: Case[] = [
  { name: "a body that is not JSON", body: "hello", refusal: invalid },
  { name: "a comma before the closing brace", body: '{"a":1,}', refusal: invalid },
  { name: "an array at the top level", body: '[{"a":1}]', refusal: invalid },
  { name: "a string at the top level", body: '"model"', refusal: invalid },
  { name: "a body that ends early", body: '{"a":[1', refusal: invalid },
  { name: "a body that ends before its brace", body: '{"a":1 ', refusal: invalid },
  { name: "a second object after the first", body: '{"a":1} {"a":2}', refusal: invalid },
  { name: "a byte after the object", body: '{"a":1}\0', refusal: invalid },
  { name: "a byte order mark", body: '\ufeff{"a":1}', refusal: invalid },
  { name: "a number that JSON doesn't have", body: '{"a":NaN}', refusal: invalid },
  {
    name: "bytes that are not UTF-8",
    body: Buffer.from('{"a":"\xe9"}', "latin1"),
    refusal: invalid,
  },
  { name: "only whitespace", body: " \n", refusal: invalid },
  { name: "513 levels", body: `{"a":${"[".repeat(512)}1${"]".repeat(512)}}`, refusal: tooDeep },
  { name: "a limited number as a string", body: '{"max_tokens":"5"}', refusal: badNumber },
  {
    name: "a limited number that is too long",
    body: `{"max_tokens":${"1".repeat(300)}}`,
    refusal: badNumber,
  },
  { name: "a model that is an object", body: '{"model":{"a":1}}', refusal: badModel },
  { name: "a model that is not allowed", body: '{"model":"o3"}', refusal: notAllowed },
  {
    name: "a model that is written with escapes",
    body: '{"\\u006dodel":"\\u006f3"}',
    refusal: notAllowed,
  },
  {
    name: "a second model after the first",
    body: '{"model":"gpt-4","MODEL":"o3"}',
    refusal: twice,
  },
  {
    name: "a second model before an allowed one",
    body: '{"model":"fast","a":1,"model":"gpt-4"}',
    refusal: twice,
  },
];

/** Functions that send a body, each with another way to split it. */
function sendAll(port: number, host: string, body: string | Buffer): (() => Promise<AnyAnswer>)[] {
  const bytes = [...Buffer.from(body)].map((byte) => Buffer.from([byte]));
  const pieces = bytes.length > 100 ? [body] : bytes;
  const atOnce = Buffer.concat(chunked(host, pieces).map((piece) => Buffer.from(piece)));
  const headers = { ":path": "/v1/chat/completions", ":authority": host };
  const length = { "content-length": Buffer.byteLength(body) };
  return [
    () => exchangeRaw(port, [post(host, body)]),
    () => exchangeRaw(port, [atOnce]),
    () => exchangeRaw(port, chunked(host, pieces), { pauseMs: 1 }),
    () => exchangeH2(port, { headers, pieces: [Buffer.from(body)] }),
    () => exchangeH2(port, { headers: { ...headers, ...length }, pieces: [Buffer.from(body)] }),
    () => exchangeH2(port, { headers, pieces, pauseMs: 1 }),
    () => exchangeH2(port, { headers, pieces: [body], trailers: { "x-sum": "1" } }),
  ];
}

const refuseSmall: DefineTests = (gateway, age) => {
  for (const { name, body, refusal } of cases) {
    test(`refuses ${name}`, async () => {
      const { port, observe } = gateway();
      for (const each of refusal === invalid && age === "newest" ? [host, bare] : [host]) {
        for (const request of sendAll(port, each, body)) {
          assertRefused(await observe(request), refusal);
        }
      }
    });
  }

  test("accepts 512 levels", async () => {
    const body = `{"a":${"[".repeat(511)}${"]".repeat(511)}}`;
    const request = post(host, body, { headers: [echoing] });
    JSON.parse(echoedBody(await exchangeRaw(gateway().port, [request])));
  });
};

const { sent } = sizedBodies(3_000_000);

function withEnd(replaced: number, end: string): SizedBody {
  const pieces = [...sent];
  const last = pieces.pop()!;
  pieces.push(Buffer.concat([last.subarray(0, last.length - replaced), Buffer.from(end)]));
  const bytes = sent.bytes - replaced + end.length;
  return Object.assign(pieces, { bytes });
}

const largeCases: Record<string, SizedBody> = {
  "an error in the last byte": withEnd(1, "]"),
  "a missing last byte": withEnd(1, ""),
  "an extra byte": withEnd(0, "}"),
};

const refuseLarge: DefineTests = (gateway) => {
  for (const [name, body] of Object.entries(largeCases)) {
    for (const [way, send] of Object.entries(uploadWays)) {
      test(`refuses ${name} of 3 MB over ${way}`, async () => {
        const { port, observe } = gateway();
        const upload = { host, bytes: body.bytes, pieces: body };
        assertRefused(await observe(() => send(port, upload)), invalid);
      });
    }
  }
};

const refuseMissing: DefineTests = (gateway) => {
  const h2 = { ":path": "/v1/chat/completions", ":authority": host };
  const requests: Record<string, (port: number) => Promise<AnyAnswer>> = {
    "content-length: 0": (port) => exchangeRaw(port, [post(host, "")]),
    "no length and no body": (port) => exchangeRaw(port, [head(host)]),
    "an empty chunked body": (port) => exchangeRaw(port, chunked(host, [])),
    "HTTP/2 headers that end the stream": (port) => exchangeH2(port, { headers: h2 }),
    "an empty DATA frame": (port) => exchangeH2(port, { headers: h2, pieces: [] }),
    "only trailers": (port) =>
      exchangeH2(port, { headers: h2, pieces: [], trailers: { "x-sum": "1" } }),
    "only chunked trailers": (port) => {
      const headers: [string, string][] = [["transfer-encoding", "chunked"]];
      return exchangeRaw(port, [head(host, { headers }), "0\r\nx-sum: 1\r\n\r\n"]);
    },
  };
  for (const [name, request] of Object.entries(requests)) {
    test(`refuses a request without a body: ${name}`, async () => {
      const { port, observe } = gateway();
      assertRefused(await observe(() => request(port)), missing);
    });
  }

  test("refuses a body whose chunked trailers come before its closing brace", async () => {
    const { port, observe } = gateway();
    const headers: [string, string][] = [["transfer-encoding", "chunked"]];
    const segments = [head(host, { headers }), chunk('{"a":1'), "0\r\nx-sum: 1\r\n\r\n"];
    assertRefused(await observe(() => exchangeRaw(port, segments)), invalid);
  });
};

onEachEnvoy("bad bodies", { plugin }, refuseSmall, refuseLarge, refuseMissing);
