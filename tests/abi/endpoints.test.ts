// The endpoints that a provider serves beside chat: what passes untouched, what is edited, and what
// is counted.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PluginProvider, PluginSettings } from "../../contract/plugin-config.ts";
import { builtInEndpoints, endpointLines, type EndpointName } from "../../src/model/endpoints.ts";
import { call, countersOf } from "../support/accounts.ts";
import { configOf, KEY, send } from "../support/filter-host.ts";
import { CONTINUE, STOP_NO_BUFFER, WasmHost } from "../support/wasm-host.ts";

const names = Object.keys(builtInEndpoints) as EndpointName[];
const own = [
  { path: "/v1beta/models/*:generateContent", methods: ["POST"] },
  { path: "/api/**", methods: ["GET", "POST", "DELETE"] },
];

function hostOf(
  settings: Partial<PluginSettings> = {},
  provider: Partial<PluginProvider> = {},
  env: Record<string, string> = {},
): WasmHost {
  const config = configOf(settings, provider);
  config.endpoints = [endpointLines([...names, ...own])];
  return new WasmHost({ config, env: { API_KEY: KEY, ...env } });
}

const upload = {
  ":path": "/v1/audio/transcriptions",
  "content-type": "multipart/form-data; boundary=x",
  "content-encoding": "gzip",
  authorization: "Bearer client",
  "x-forwarded-for": "10.0.0.1",
};

describe("a body that is not edited", () => {
  it("passes as it came, with the key and without what is removed", () => {
    const chunks = ["--x\r\n", Buffer.from([0, 255, 123]), "}--"];
    const headers = { ...upload, "content-length": "11" };
    const stream = send(hostOf({ models: { allow: ["a"] } }), { headers, chunks });
    assert.deepEqual(stream.refusal, "");
    assert.equal(Buffer.concat(stream.forwarded).toString("latin1"), "--x\r\n\0\u00ff{}--");
    assert.equal(stream.header("authorization"), `Bearer ${KEY}`);
    assert.equal(stream.header("x-forwarded-for"), undefined);
    assert.equal(stream.header("content-type"), upload["content-type"]);
    assert.equal(stream.header("content-encoding"), "gzip");
    assert.equal(stream.header("content-length"), "11");
  });

  it("may be missing, and may end with trailers", () => {
    const host = hostOf();
    const cancel = { ":path": "/v1/responses/r/cancel" };
    assert.equal(send(host, { headers: cancel, chunks: [] }).refusal, "");
    const stream = send(host, { headers: upload, chunks: [] });
    assert.equal(stream.trailers([["x", "y"]]), CONTINUE);
  });

  it("has at most maxRequestBytes, announced or not", () => {
    const host = hostOf({ maxRequestBytes: 6 });
    const long = { ...upload, "content-length": "7" };
    const refused = "413 llm_egress_request_too_large";
    assert.equal(send(host, { headers: long }).refusal, refused);
    const stream = host.stream("outbound|443||llm.example.com");
    assert.equal(stream.headers(Object.entries({ ...postOf(upload) })), CONTINUE);
    assert.equal(stream.body("123"), CONTINUE);
    assert.equal(stream.body("4567", true), STOP_NO_BUFFER);
    assert.equal(stream.refusal, refused);
    assert.equal(stream.forwardedText, "123");
  });
});

function postOf(headers: Record<string, string>): Record<string, string> {
  return { ":method": "POST", ":authority": "llm.example.com", ...headers };
}

describe("an endpoint", () => {
  const pathsOf = (path: string, method = "POST") => {
    const chunks = method === "POST" ? ["{}"] : [];
    const stream = send(hostOf(), { headers: { ":path": path, ":method": method }, chunks });
    return stream.refusal || stream.header(":path");
  };

  it("is called at the provider as by the client", () => {
    const posts =
      "messages messages/count_tokens rerank moderations audio/speech responses/compact fim/completions beta/completions files uploads/u/parts batches images/edits";
    for (const path of posts.split(" ")) assert.equal(pathsOf(`/v1/${path}`), `/v1/${path}`);
    const gets =
      "models/gpt-4o responses/r responses/r/input_items files files/f/content batches/b";
    for (const path of gets.split(" ")) assert.equal(pathsOf(`/v1/${path}`, "GET"), `/v1/${path}`);
    const native = "/v1beta/models/gemini-2.5-flash:generateContent";
    assert.equal(pathsOf(native), native);
    assert.equal(pathsOf("/api/chat"), "/api/chat");
    assert.equal(pathsOf("/v1/responses/r", "DELETE"), "/v1/responses/r");
  });

  it("that is not served gets 404, and another method 405", () => {
    assert.equal(pathsOf("/v1/threads"), "404 llm_egress_unknown_endpoint");
    assert.equal(pathsOf("/v1beta/models/x:countTokens"), "404 llm_egress_unknown_endpoint");
    assert.equal(pathsOf("/v1/responses/../files"), "404 llm_egress_unknown_endpoint");
    const headers = { ":path": "/v1/responses/r", ":method": "PUT" };
    const stream = send(hostOf(), { headers, chunks: [] });
    assert.equal(stream.refusal, "405 llm_egress_method_not_allowed");
    const allow = stream.localResponses[0]!.headers.find(([name]) => name === "allow");
    assert.deepEqual(allow, ["allow", "GET, DELETE"]);
  });

  it("without a body refuses one", () => {
    for (const method of ["GET", "DELETE"]) {
      const headers = { ":path": "/v1/responses/r", ":method": method };
      assert.equal(send(hostOf(), { headers }).refusal, "400 llm_egress_invalid_parameter");
    }
  });
});

it("a body is refused after GET, also at a path of one's own", () => {
  const headers = { ":path": "/api/tags", ":method": "GET" };
  const refused = "400 llm_egress_invalid_parameter";
  assert.equal(send(hostOf(), { headers, chunks: ["GET /admin"] }).refusal, refused);
  assert.equal(send(hostOf(), { headers, chunks: [] }).refusal, "");
  const deletion = { ...headers, ":method": "DELETE" };
  assert.equal(send(hostOf(), { headers: deletion, chunks: ["{}"] }).refusal, "");
});

describe("messages", () => {
  it("have the policy of completions, with the names that they have", () => {
    const members = [
      { name: "model", override: '"claude"' },
      { name: "stream", stream: true } as const,
      { name: "stream_options", default: '{"include_usage":true}', forStreams: true } as const,
      { name: "max_completion_tokens", default: "64", limit: "64", group: "t" },
      { name: "max_tokens", limit: "64", group: "t" },
    ];
    const ask = (body: string) => {
      const headers = { ":path": "/v1/messages" };
      const text = send(hostOf({ members }), { headers, chunks: [body] }).forwardedText;
      return JSON.parse(text) as unknown;
    };
    assert.deepEqual(ask('{"stream":true}'), { stream: true, model: "claude", max_tokens: 64 });
    assert.deepEqual(ask('{"max_tokens":99}'), { model: "claude", max_tokens: 64 });
  });
});

describe("the usage of an answer", () => {
  const answer = '{"usage":{"prompt_tokens":9,"completion_tokens":3}}';
  const unknown = "llm_egress_usage_unknown{model=unknown} 1";

  it("counts for every request with a body, and is not expected of a body that passes", () => {
    for (const path of ["/api/chat", "/v1/audio/transcriptions", "/v1/rerank"]) {
      const host = hostOf();
      call(host, { headers: { ":path": path } }, answer);
      assert.ok(countersOf(host).includes("asm_llm_proxy_prompt_tokens{model=unknown} 9"), path);
      const without = hostOf();
      call(without, { headers: { ":path": path } }, "{}");
      assert.equal(countersOf(without).includes(unknown), path === "/v1/rerank", path);
    }
  });

  it("of a rerank may be search units, which are not tokens", () => {
    const host = hostOf();
    const units = '{"results":[],"meta":{"billed_units":{"search_units":2}}}';
    const stream = call(host, { headers: { ":path": "/v1/rerank" } }, units);
    assert.equal(stream.filterState.get("asm.llmproxy.request_prompt_tokens"), undefined);
    assert.deepEqual(countersOf(host), [
      "llm_egress_requests{model=unknown,code=200,outcome=ok} 1",
      "llm_egress_search_units{model=unknown} 2",
    ]);
  });

  it("does not count again when a stored answer is read", () => {
    const host = hostOf();
    call(host, { headers: { ":path": "/v1/responses/r", ":method": "GET" }, chunks: [] }, answer);
    assert.deepEqual(countersOf(host), [
      "llm_egress_requests{model=unknown,code=200,outcome=ok} 1",
    ]);
  });
});

describe("the list of models", () => {
  it("is answered from the configuration, and nothing is sent", () => {
    const modelList = '{"object":"list","data":[]}';
    const host = hostOf({ modelList });
    const stream = call(host, {
      headers: { ":path": "/v1/models", ":method": "GET" },
      chunks: [],
    });
    const [reply] = stream.localResponses;
    assert.deepEqual(
      [reply?.status, reply?.body, reply?.details],
      [200, modelList, "llm_egress_configured"],
    );
    assert.equal(stream.header("authorization"), undefined);
    assert.deepEqual(countersOf(host), [
      "llm_egress_requests{model=unknown,code=200,outcome=ok} 1",
    ]);
    const other = { ":path": "/v1/models/gpt", ":method": "GET" };
    assert.equal(send(host, { headers: other, chunks: [] }).refusal, "");
  });
});

describe("headers that are set", () => {
  const setHeaders = { "openai-organization": "org-1", "x-tag": "${TAG}" };
  const defaultHeaders = { "anthropic-version": "2023-06-01" };

  it("replace the client's, in any spelling; a default does not", () => {
    const host = hostOf({}, { setHeaders, defaultHeaders }, { TAG: " t \n" });
    const headers = { "openai-organization": "mine", x_tag: "mine", "x-tag": "mine" };
    const stream = send(host, { headers });
    const valuesOf = (name: RegExp) => stream.requestHeaders.filter(([each]) => name.test(each));
    assert.deepEqual(valuesOf(/organization/), [["openai-organization", "org-1"]]);
    assert.deepEqual(valuesOf(/tag/), [["x-tag", "t"]]);
    assert.deepEqual(valuesOf(/version/), [["anthropic-version", "2023-06-01"]]);
    const newer = { "anthropic-version": "2030-01-01" };
    assert.equal(send(host, { headers: newer }).header("anthropic-version"), "2030-01-01");
  });

  it("make the provider answer 503 if a variable is missing", () => {
    const host = hostOf({}, { setHeaders });
    assert.equal(send(host).refusal, "503 llm_egress_provider_misconfigured");
    assert.deepEqual(host.logs.length, 1);
  });
});
