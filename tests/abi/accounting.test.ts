// The metrics and access log fields of a call, each of which is reported once.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { call, chat, countersOf, end, json } from "../support/accounts.ts";
import { sse } from "../support/answers.ts";
import { configOf, hostOf, KEY, send } from "../support/filter-host.ts";
import { WasmHost, type WasmStream } from "../support/wasm-host.ts";

function stateOf(stream: WasmStream): Record<string, string> {
  return Object.fromEntries(stream.filterState);
}

describe("an answered call", () => {
  it("is counted with its tokens, its status and its outcome", () => {
    const host = hostOf({ members: [{ name: "model", override: '"qwen"' }] });
    call(host);
    call(host);
    assert.deepEqual(countersOf(host), [
      "asm_llm_proxy_completion_tokens{model=qwen} 20",
      "asm_llm_proxy_prompt_tokens{model=qwen} 38",
      "llm_egress_cached_tokens{model=qwen} 6",
      "llm_egress_reasoning_tokens{model=qwen} 14",
      "llm_egress_requests{model=qwen,code=200,outcome=ok} 2",
    ]);
  });

  it("names its metrics so that the stats tags of Istio's bootstrap can extract the labels", () => {
    const host = hostOf({ members: [{ name: "model", override: '"qwen"' }] });
    call(host);
    const labels =
      "llmproxy_provider=.=default/llm;.;llmproxy_route=.=r;.;llmproxy_model=.=qwen;.;llmproxy_source=.=unknown;.;";
    assert.equal(host.counters.get(`${labels}asm_llm_proxy_prompt_tokens`), 19);
    const request = "llmproxy_code=.=200;.;llmproxy_outcome=.=ok;.;llm_egress_requests";
    assert.equal(host.counters.get(labels + request), 1);
    assert.deepEqual(host.histograms.get(`${labels}llm_egress_duration_ms`), [0]);
  });

  it("is reported to the access log", () => {
    const host = hostOf({ members: [{ name: "model", override: '"qwen"' }] });
    assert.deepEqual(stateOf(call(host)), {
      "llm_egress.outcome": "ok",
      "asm.llmproxy.request_model": "qwen",
      "asm.llmproxy.request_prompt_tokens": "19",
      "asm.llmproxy.request_completion_tokens": "10",
      "llm_egress.cached_tokens": "3",
      "llm_egress.reasoning_tokens": "7",
    });
  });
});

describe("a call", () => {
  it("without usage is counted as unknown, and never as 0 tokens", () => {
    const host = hostOf();
    call(host, {}, "{}");
    call(host, {}, '{"usage":{"prompt_tokens":0,"completion_tokens":0}}');
    const cached = call(host, {}, '{"usage":{"cached_tokens":5}}');
    assert.equal(cached.filterState.get("llm_egress.cached_tokens"), undefined, "as in metrics");
    call(host, {}, "x", { ...json, "content-type": "text/plain" });
    call(host, { headers: { ":method": "GET", ":path": "/v1/models" }, chunks: [] }, '{"data":[]}');
    assert.deepEqual(
      [...host.counters.keys()].filter((name) => name.includes("tokens")).length,
      2,
      "defined by the one answer that reports 0",
    );
    assert.deepEqual(countersOf(host), [
      "llm_egress_requests{model=unknown,code=200,outcome=ok} 5",
      "llm_egress_usage_unknown{model=unknown} 3",
    ]);
  });
});

describe("a call's time", () => {
  it("is measured until its end, and for a stream also until its first data", () => {
    const host = hostOf();
    const stream = send(host, { route: "r" });
    host.clock += 30;
    stream.response([
      [":status", "200"],
      ["content-type", "text/event-stream"],
    ]);
    stream.responseBody(": keep-alive\n\nevent: ping\n\n");
    host.clock += 70;
    stream.responseBody(sse({ choices: [] }));
    host.clock += 900;
    stream.responseBody(sse("[DONE]"), true);
    end(stream);
    const of = (name: string) => [...host.histograms].find(([key]) => key.endsWith(name))?.[1];
    assert.deepEqual(of("llm_egress_ttft_ms"), [100]);
    assert.deepEqual(of("llm_egress_duration_ms"), [1000]);
    assert.equal(stream.filterState.get("llm_egress.ttft_ms"), "100");
  });

  it("is 0 if the clock is set back", () => {
    const host = hostOf();
    const stream = send(host);
    host.clock -= 5000;
    end(stream);
    assert.deepEqual([...host.histograms.values()], [[0]]);
  });
});

const outcomeOf = (stream: WasmStream) => stream.filterState.get("llm_egress.outcome");
const error = (details: string) => {
  const stream = send(hostOf());
  stream.properties.set("response\0code_details", details);
  stream.response([[":status", "503"]], true);
  return outcomeOf(end(stream));
};
const rest = (details: string) => {
  const stream = send(hostOf());
  stream.properties.set("response\0code_details", details);
  stream.response(Object.entries(json));
  stream.responseBody('{"a":');
  return outcomeOf(end(stream));
};

describe("the outcome", () => {
  it("says who sent an error", () => {
    assert.equal(error("via_upstream"), "provider_error");
    assert.equal(
      error("upstream_reset_before_response_started{connection_failure}"),
      "gateway_error",
    );
  });

  it("says who aborted an answer", () => {
    const reset = "upstream_reset_after_response_started{remote_reset}";
    assert.equal(rest(reset), "provider_closed");
    assert.equal(rest("stream_idle_timeout"), "gateway_error");
    assert.equal(rest("downstream_remote_disconnect"), "client_closed");
    assert.equal(rest("http2.remote_reset"), "client_closed");
  });

  it("is client_closed if the client left before the answer began", () => {
    const host = hostOf();
    assert.equal(outcomeOf(end(send(host, { route: "r" }))), "client_closed");
    assert.deepEqual(countersOf(host), [
      "llm_egress_requests{model=unknown,code=0,outcome=client_closed} 1",
    ]);
  });

  it("is ok if trailers end the answer", () => {
    const stream = send(hostOf());
    stream.response(Object.entries(json));
    stream.responseBody(chat);
    stream.responseTrailers([["x", "y"]]);
    assert.equal(outcomeOf(end(stream)), "ok");
  });
});

describe("the status", () => {
  it("is `other` outside 100 to 599, so that a provider adds one series at most", () => {
    const host = hostOf();
    for (const status of ["99", "600", "999", "4294967496", "x", "18446744073709551815"]) {
      const stream = send(host, { route: "r" });
      stream.properties.set("response\0code_details", "via_upstream");
      stream.response([[":status", status]], true);
      end(stream);
    }
    assert.deepEqual(countersOf(host), [
      "llm_egress_requests{model=unknown,code=other,outcome=provider_error} 6",
    ]);
  });
});

describe("a refusal", () => {
  it("is counted by its reason, without tokens and without a duration", () => {
    const host = hostOf({ models: { allow: ["qwen-*"] } });
    const stream = call(host, { chunks: ['{"model":"gpt"}'] });
    call(host, { headers: { ":path": "/nowhere" } });
    assert.deepEqual(countersOf(host), [
      "llm_egress_rejected{model=unknown,reason=model_not_allowed} 1",
      "llm_egress_rejected{model=unknown,reason=unknown_endpoint} 1",
      "llm_egress_requests{model=unknown,code=403,outcome=rejected} 1",
      "llm_egress_requests{model=unknown,code=404,outcome=rejected} 1",
    ]);
    assert.equal(host.histograms.size, 0);
    assert.equal(stream.filterState.get("llm_egress.outcome"), "rejected");
  });

  it("without a provider is counted for an unknown one", () => {
    const config = { ...configOf(), unservedClusters: ["outbound|443||gone"] };
    const host = new WasmHost({ config, env: { API_KEY: KEY } });
    call(host, { cluster: "outbound|443||gone" });
    assert.deepEqual(countersOf(host), [
      "llm_egress_rejected{provider=unknown,model=unknown,reason=provider_misconfigured} 1",
      "llm_egress_requests{provider=unknown,model=unknown,code=503,outcome=rejected} 1",
    ]);
  });
});

describe("a stream to a cluster without a provider", () => {
  it("is not counted", () => {
    const host = hostOf();
    const stream = call(host, { cluster: "outbound|80||other" });
    assert.deepEqual(stateOf(stream), {});
    assert.deepEqual(countersOf(host), []);
  });
});

describe("a model", () => {
  const models = { allow: ["qwen-max", "qwen-*"], aliases: { fast: "qwen-turbo" } };

  it("is the value of the label if the configuration names it, and otherwise up to a number", () => {
    const settings = { members: [{ name: "model", default: '"plain"' }], models };
    const config = { ...configOf(settings), maxModels: 0 };
    const host = new WasmHost({ config, env: { API_KEY: KEY } });
    const bodies = ["{}", '{"model":"qwen-max"}', '{"model":"fast"}', '{"model":"qwen-new"}'];
    const sent = bodies.map((body) => stateOf(call(host, { chunks: [body] })));
    assert.deepEqual(
      sent.map((state) => state["asm.llmproxy.request_model"]),
      ["plain", "qwen-max", "qwen-turbo", "qwen-new"],
    );
    const labels = countersOf(host).filter((each) => each.startsWith("llm_egress_requests"));
    const names = labels.map((each) => /model=([^,}]+)/.exec(each)![1]);
    assert.deepEqual(names, ["other", "plain", "qwen-max", "qwen-turbo"]);
  });

  it("is read on every JSON endpoint", () => {
    const path = { ":path": "/v1/embeddings" };
    const stream = call(hostOf(), { headers: path, chunks: ['{"model":"e","input":"x"}'] });
    assert.equal(stream.filterState.get("asm.llmproxy.request_model"), "e");
  });

  it("can't forge a line in the log", () => {
    const model = 'a b"c\\d\ne\r\u00e4\u2028\t';
    const chunks = [JSON.stringify({ model })];
    const configured = hostOf({ members: [{ name: "model", override: JSON.stringify(model) }] });
    for (const stream of [call(hostOf(), { chunks }), call(configured), call(configured)]) {
      assert.equal(stream.filterState.get("asm.llmproxy.request_model"), "a?b?c?d?e???????");
    }
  });

  it("can't be named twice, which could bill one model and count another", () => {
    const { refusal } = send(hostOf(), { chunks: ['{"model":"cheap","MODEL":"dear"}'] });
    assert.equal(refusal, "400 llm_egress_duplicate_member");
  });
});
