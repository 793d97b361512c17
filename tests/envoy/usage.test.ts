// The tokens of answers, by endpoint. The access log and the counters have what the provider
// reported, and nothing if it reported nothing.
import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import OpenAI from "openai";
import { callOf, countedSince, countersOf, newCallId, sums } from "../support/calls.ts";
import { type DefineTests, onEachEnvoy } from "../support/each-envoy.ts";
import type { Gateway } from "../support/gateway.ts";
import { exchangeRaw } from "../support/http.ts";
import { headerOf } from "../support/http-response.ts";
import { asksForUsage, pluginConfig, provider } from "../support/plugin-providers.ts";
import { head, post } from "../support/requests.ts";
import { startScripted } from "../support/scripted-upstream.ts";

const host = "api.example";
const offHost = "off.example";
const scriptedHost = "scripted.example";
let script: (response: ServerResponse) => void;
const upstream = await startScripted((response) => script(response));
after(() => upstream.close());

const models = { aliases: { fast: "gpt-4o-mini" } };
const plugin = pluginConfig(
  [
    provider(host, {
      settings: { members: [{ name: "model", default: '"m-1"' }, ...asksForUsage], models },
    }),
    provider(offHost),
    provider(scriptedHost, { settings: { members: asksForUsage } }),
  ],
  { maxModels: 0 },
);
const options = { plugin, upstreams: { [scriptedHost]: upstream.port } };

interface Request {
  host?: string;
  path?: string;
  body: object;
  headers?: [string, string][];
}

/**
 * Makes one call. `counted` has the increases of the counters, and `tokens` the values in the
 * access log.
 */
async function account({ envoy, port }: Gateway, request: Request) {
  const { path = "/v1/chat/completions", body } = request;
  const before = await countersOf(envoy);
  const id = newCallId();
  const headers: [string, string][] = [["x-call", id], ...(request.headers ?? [])];
  const bytes = post(request.host ?? host, JSON.stringify(body), { path, headers });
  const answer = await exchangeRaw(port, [bytes]);
  const call = await callOf(envoy, id);
  const counters = countedSince(before, await countersOf(envoy));
  const tokens = [call.prompt, call.completion, call.cached, call.reasoning];
  return { answer, call, tokens, counters, counted: sums(counters) };
}

const said = [
  { role: "system", content: "be kind" },
  { role: "user", content: "hello there world" },
];
// The mock counts one token per word and three per message. Its reply has two words more than the
// last message.
const chat = { messages: said, reasoning_effort: "low" };
const chatTokens = ["11", "10", "5", "5"];
const kinds: Record<string, { path?: string; body: object; tokens: string[] }> = {
  "a chat": { body: chat, tokens: chatTokens },
  "a streamed chat": { body: { ...chat, stream: true }, tokens: chatTokens },
  "a streamed chat whose client asks for usage": {
    body: { ...chat, stream: true, stream_options: { include_usage: true } },
    tokens: chatTokens,
  },
  "a legacy completion": {
    path: "/v1/completions",
    body: { prompt: "a b c" },
    tokens: ["3", "5", "-", "-"],
  },
  "a streamed legacy completion": {
    path: "/v1/completions",
    body: { prompt: "a b c", stream: true },
    tokens: ["3", "5", "-", "-"],
  },
  embeddings: {
    path: "/v1/embeddings",
    body: { model: "m-1", input: ["a b", "c"] },
    tokens: ["3", "-", "-", "-"],
  },
  "a response": {
    path: "/v1/responses",
    body: { model: "m-1", input: "a b" },
    tokens: ["2", "4", "0", "0"],
  },
  "a streamed response": {
    path: "/v1/responses",
    body: { model: "m-1", input: "a b", stream: true },
    tokens: ["2", "4", "0", "0"],
  },
  "a streamed response that is cut short": {
    path: "/v1/responses",
    body: { model: "m-1", input: "a b", stream: true, max_output_tokens: 1 },
    tokens: ["2", "1", "0", "0"],
  },
};

/** The counters for tokens; unknown tokens are not counted. */
function countsOf(tokens: string[]): Record<string, number> {
  const names = [
    ...["asm_llm_proxy_prompt_tokens", "asm_llm_proxy_completion_tokens"],
    ...["llm_egress_cached_tokens", "llm_egress_reasoning_tokens"],
  ];
  const pairs = names.map((name, index) => [name, Number(tokens[index])] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value > 0));
}

/** The counters that have increased. */
function grown(counted: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counted).filter(([, value]) => value > 0));
}

const countEndpoints: DefineTests = (gateway) => {
  for (const [name, { path, body, tokens: expected }] of Object.entries(kinds)) {
    test(`counts the tokens of ${name}, no matter how the answer is split`, async () => {
      for (const size of ["1000000", "1", "7"]) {
        const headers: [string, string][] = [["x-mock-chunk-bytes", size]];
        const request = { ...(path === undefined ? {} : { path }), body, headers };
        const { answer, call, tokens, counted } = await account(gateway(), request);
        assert.equal(answer.status, 200);
        assert.deepEqual(tokens, expected);
        assert.deepEqual(grown(counted), { llm_egress_requests: 1, ...countsOf(expected) });
        assert.equal(call.outcome, "ok");
        assert.match(call.ttft, name.includes("streamed") ? /^\d+$/ : /^-$/);
      }
    });
  }
};

const nameCalls: DefineTests = (gateway) => {
  test("labels counters with provider, route, model, caller, code and outcome", async () => {
    const body = { messages: said, model: "fast" };
    const { call, counters } = await account(gateway(), { body });
    assert.equal(call.model, "gpt-4o-mini");
    const labels = {
      provider: `test/${host}`,
      route: host,
      model: "gpt-4o-mini",
      source: "unknown",
    };
    for (const counter of counters) {
      const more =
        counter.name === "llm_egress_requests" ? { code: "200", outcome: "ok" } : undefined;
      assert.deepEqual(counter.labels, { ...labels, ...more });
    }
    assert.equal(counters.length, 5);
  });

  test("counts no usage if no answer has usage", async () => {
    const { envoy, port } = gateway();
    const before = await countersOf(envoy);
    const id = newCallId();
    const request = { method: "GET", path: "/v1/models", headers: [["x-call", id]] };
    const answer = await exchangeRaw(port, [head(host, request as object)]);
    assert.equal(answer.status, 200);
    const { prompt, outcome, model } = await callOf(envoy, id);
    assert.deepEqual([prompt, outcome, model], ["-", "ok", "-"]);
    const counters = countedSince(before, await countersOf(envoy));
    assert.deepEqual(sums(counters), { llm_egress_requests: 1 });
    assert.equal(counters[0]?.labels["model"], "unknown");
  });
};

const unknown = { llm_egress_requests: 1, llm_egress_usage_unknown: 1 };
const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };
const json = JSON.stringify({ choices: [{}], usage });
const events = `data: {"choices":[{}]}\n\ndata: {"choices":[],"usage":${JSON.stringify(usage)}}\n\n`;
const untouched: Record<string, { status: number; headers: Record<string, string>; body: Buffer }> =
  {
    "compressed JSON": {
      status: 200,
      headers: { "content-type": "application/json", "content-encoding": "gzip" },
      body: gzipSync(json),
    },
    "a compressed stream": {
      status: 200,
      headers: { "content-type": "text/event-stream", "content-encoding": "gzip" },
      body: gzipSync(events),
    },
    "a text": { status: 200, headers: { "content-type": "text/plain" }, body: Buffer.from(json) },
    "JSON of another type": {
      status: 200,
      headers: { "content-type": "application/jsonl" },
      body: Buffer.from(json),
    },
    "bytes without a type": { status: 200, headers: {}, body: Buffer.from(`plain ${events}`) },
    "JSON without usage": {
      status: 201,
      headers: { "content-type": "application/json" },
      body: Buffer.from('{"data":[{"usage":{"prompt_tokens":1}}],"usage":null}'),
    },
    "incomplete JSON": {
      status: 200,
      headers: { "content-type": "application/json; charset=utf-8" },
      body: Buffer.from('{"usage":{"prompt_tokens":12'),
    },
    "no body": { status: 200, headers: { "content-type": "application/json" }, body: Buffer.of() },
  };

const passUnread: DefineTests = (gateway) => {
  for (const [name, { status, headers, body }] of Object.entries(untouched)) {
    test(`forwards ${name} unchanged, and its usage is unknown`, async () => {
      script = (response) => response.writeHead(status, headers).end(body);
      const request = { host: scriptedHost, body: { stream: true } };
      const { answer, tokens, counted } = await account(gateway(), request);
      assert.equal(answer.status, status);
      assert.deepEqual(answer.body, body);
      for (const [key, value] of Object.entries(headers)) {
        assert.equal(headerOf(answer.headers, key), value);
      }
      assert.deepEqual(tokens, ["-", "-", "-", "-"]);
      assert.deepEqual(grown(counted), unknown);
    });
  }

  test("does not count tokens in an error", async () => {
    for (const status of [400, 429, 503]) {
      const headers = { "content-type": "application/json" };
      script = (response) => response.writeHead(status, headers).end(json);
      const { answer, tokens, counted } = await account(gateway(), {
        host: scriptedHost,
        body: {},
      });
      assert.equal(answer.body.toString(), json);
      assert.deepEqual(tokens, ["-", "-", "-", "-"]);
      assert.deepEqual(grown(counted), { llm_egress_requests: 1 });
    }
  });
};

const leaveOff: DefineTests = (gateway) => {
  test("does not request usage under Off, so that it is unknown", async () => {
    const body = { model: "m-1", messages: said, stream: true };
    const off = await account(gateway(), { host: offHost, body });
    assert.doesNotMatch(off.answer.body.toString(), /usage/);
    assert.deepEqual(off.tokens, ["-", "-", "-", "-"]);
    assert.deepEqual(grown(off.counted), unknown);
    const asking = { ...body, stream_options: { include_usage: true } };
    const asked = await account(gateway(), { host: offHost, body: asking });
    assert.match(asked.answer.body.toString(), /"choices":\[\],"usage"/);
    assert.deepEqual(asked.tokens, ["11", "5", "5", "0"]);
  });
};

const nameModels: DefineTests = (gateway) => {
  test("writes each model to the log as one word", async () => {
    const names: Record<string, string> = {
      'a"b c\\d': "a?b?c?d",
      "x\nforged 200 - -\r\t\u007f": "x?forged?200?-?-???",
      "é%;=": "??%;=",
      "": "-",
    };
    for (const [model, logged] of Object.entries(names)) {
      const { call } = await account(gateway(), { body: { messages: said, model } });
      assert.equal(call.model, logged);
    }
  });

  test("adds no series for a model beyond the configured number", async () => {
    const { envoy } = gateway();
    await account(gateway(), { body: { messages: said, model: "other" } });
    const before = await countersOf(envoy);
    for (const model of ["gpt-9", "m-1;.;", "wasmcustom", "m-2", "fas"]) {
      const { counters } = await account(gateway(), { body: { messages: said, model } });
      for (const { labels } of counters) assert.equal(labels["model"], "other");
    }
    assert.equal((await countersOf(envoy)).length, before.length);
  });
};

const messages = [{ role: "user" as const, content: "hello there" }];

const serveClients: DefineTests = (gateway) => {
  const open = (more: object = {}) => {
    const { envoy } = gateway();
    const client = new OpenAI({ baseURL: `${envoy.url}/v1`, apiKey: "any", maxRetries: 0 });
    return client.chat.completions.create({ model: "m-1", messages, stream: true, ...more });
  };

  test("does not return usage to an official client that has not asked for it", async () => {
    const chunks = [];
    for await (const chunk of await open()) chunks.push(chunk);
    assert.equal(chunks.at(-1)?.choices[0]?.finish_reason, "stop");
    for (const chunk of chunks) {
      assert.equal(chunk.choices.length, 1);
      assert.equal(chunk.usage ?? null, null);
    }
  });

  test("returns usage to an official client that has asked for it", async () => {
    const chunks = [];
    for await (const chunk of await open({ stream_options: { include_usage: true } })) {
      chunks.push(chunk);
    }
    assert.deepEqual(chunks.at(-1)?.choices, []);
    assert.equal(chunks.at(-1)?.usage?.total_tokens, 9);
  });
};

onEachEnvoy(
  "usage",
  options,
  countEndpoints,
  nameCalls,
  passUnread,
  leaveOff,
  nameModels,
  serveClients,
);
