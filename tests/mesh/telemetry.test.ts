// Tokens by caller, with the annotation, the access log and the Telemetry of examples/telemetry at
// the gateway.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { type AccessLogField, accessLogFields } from "../../src/emit/envoy/access-log.ts";
import { parseScrape, type Sample, sumOf } from "../support/scrape.ts";
import { connectMesh } from "./mesh.ts";
import {
  dashscopeProvider as provider,
  dashscopeRoute as route,
  denySleep,
  gatewayDeployment,
  gatewayRule,
} from "./resources.ts";
import { gateway, gatewayKeys } from "./rig/names.ts";
import { pollUntil } from "./settle.ts";

const mesh = connectMesh();
const url = "http://dashscope.aliyuncs.com/v1/chat/completions";
const telemetry = readFileSync("examples/telemetry/telemetry.yaml", "utf8");

before(async () => {
  await mesh.apply(gatewayRule, provider, route, await mesh.render(provider, route), telemetry);
});
after(() => mesh.clear());

type Caller = "app" | "sleep";

interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
}

async function spend(workload: Caller, content: string, headers = {}): Promise<Usage> {
  const messages = [{ role: "user", content }];
  const { status, body } = await mesh.as(workload).chat(url, { messages }, headers);
  assert.equal(status, 200, body.toString());
  return (JSON.parse(body.toString()) as { usage: Usage }).usage;
}

async function scrape(): Promise<Sample[]> {
  const address = `http://127.0.0.1:${gateway.adminPort + 90}/stats/prometheus`;
  return parseScrape(await (await fetch(address)).text());
}

interface Growth {
  prompt: number;
  completion: number;
  requests: number;
}

/**
 * How much the counters of each source grow while `act` runs. `act` makes `requests` requests that
 * reach the filter.
 */
async function growthDuring(
  act: () => Promise<void>,
  requests: number,
): Promise<Record<Caller, Growth>> {
  const earlier = await scrape();
  let later = earlier;
  const grown = (name: string, labels = {}) =>
    sumOf(later, name, labels) - sumOf(earlier, name, labels);
  await act();
  // A request is counted when it has ended, which may be shortly after the client has the answer.
  await pollUntil(`${requests} requests in the metrics`, async () => {
    later = await scrape();
    return grown("llm_egress_requests") >= requests;
  });
  const of = (source: Caller): Growth => {
    const labels = { llmproxy_source: `default/${source}` };
    return {
      prompt: grown("asm_llm_proxy_prompt_tokens", labels),
      completion: grown("asm_llm_proxy_completion_tokens", labels),
      requests: grown("llm_egress_requests", labels),
    };
  };
  return { app: of("app"), sleep: of("sleep") };
}

function sum(usages: Usage[]): Growth {
  return {
    prompt: usages.reduce((total, usage) => total + usage.prompt_tokens, 0),
    completion: usages.reduce((total, usage) => total + usage.completion_tokens, 0),
    requests: usages.length,
  };
}

describe("the gateway's metrics", () => {
  it("count the tokens of app and sleep separately", async () => {
    const [ofApp, ofSleep]: [Usage[], Usage[]] = [[], []];
    const grown = await growthDuring(async () => {
      ofApp.push(await spend("app", "one two three"), await spend("app", "four"));
      ofSleep.push(await spend("sleep", "a longer prompt of some seven words"));
    }, 3);
    assert.notDeepEqual(sum(ofApp), sum(ofSleep));
    assert.deepEqual(grown, { app: sum(ofApp), sleep: sum(ofSleep) });
  });

  it("keep their values while a provider's settings change", async () => {
    const usages: Usage[] = [];
    const changed = provider.replace("qwen-1.8b-chat", "qwen-max");
    const grown = await growthDuring(async () => {
      usages.push(await spend("app", "before"));
      await mesh.apply(await mesh.render(changed, route));
      usages.push(await spend("app", "and after"));
    }, 2);
    assert.deepEqual(grown.app, sum(usages));
    await mesh.apply(await mesh.render(provider, route));
  });

  it("have the provider, the rule, the model, the status and the outcome as labels", async () => {
    await spend("app", "hello");
    const labels = {
      llmproxy_provider: "istio-system/dashscope-qwen",
      llmproxy_route: "egress-gw-route",
      llmproxy_model: "qwen-1.8b-chat",
      llmproxy_source: "default/app",
      llmproxy_code: "200",
      llmproxy_outcome: "ok",
    };
    const found = (await scrape()).filter(({ name }) => name === "llm_egress_requests");
    assert.ok(sumOf(found, "llm_egress_requests", labels) > 0, JSON.stringify(found));
    for (const { labels: own } of found) {
      assert.deepEqual(Object.keys(own).sort(), Object.keys(labels).sort());
    }
  });
});

describe("the gateway's metrics, if a client is not honest", () => {
  it("use the mesh certificate, and not what a client claims", async () => {
    const claim = "By=spiffe://x;URI=spiffe://cluster.local/ns/default/sa/app";
    const usages: Usage[] = [];
    const grown = await growthDuring(async () => {
      usages.push(await spend("sleep", "hello", { "x-forwarded-client-cert": claim }));
    }, 1);
    assert.deepEqual(grown, { app: sum([]), sleep: sum(usages) });
  });

  it("count the filter's refusals, by reason", async () => {
    const labels = { llmproxy_source: "default/app", llmproxy_reason: "invalid_json" };
    const rejected = async () => sumOf(await scrape(), "llm_egress_rejected", labels);
    const earlier = await rejected();
    const headers = { "content-type": "application/json" };
    const grown = await growthDuring(async () => {
      const answer = await mesh.as("app").fetch(url, { headers, body: '{"messages": nonsense}' });
      assert.equal(answer.status, 400);
    }, 1);
    assert.deepEqual(grown.app, { prompt: 0, completion: 0, requests: 1 });
    assert.equal(await rejected(), earlier + 1);
  });

  it("do not count requests that a policy denies", async () => {
    await mesh.apply(denySleep);
    const usages: Usage[] = [];
    const grown = await growthDuring(async () => {
      assert.equal((await mesh.as("sleep").chat(url)).status, 403);
      usages.push(await spend("app", "hello"));
    }, 1);
    assert.deepEqual(grown, { app: sum(usages), sleep: sum([]) });
    await mesh.delete(denySleep);
  });
});

/** The line in the access log with this value in a field. Waits until it is there. */
async function logged(field: AccessLogField, value: string): Promise<Record<string, unknown>> {
  const find = () =>
    mesh
      .gatewayLogs()
      .split("\n")
      .filter((line) => line.startsWith("{") && line.endsWith("}"))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .find((record) => record[field] === value);
  await pollUntil(`a line with ${field} ${value}`, () => Promise.resolve(find() !== undefined));
  return find()!;
}

describe("the gateway's Deployment", () => {
  it("accepts the patch, and keeps its other fields", async () => {
    await mesh.submit(gatewayDeployment);
    const name = ["-n", "istio-system", "deployment", "istio-egressgateway"];
    await mesh.kubectl("patch", ...name, "--patch-file", "examples/telemetry/gateway-patch.yaml");
    interface Deployment {
      spec: { template: { metadata: { annotations: Record<string, string> }; spec: object } };
    }
    const json = await mesh.kubectl("get", ...name, "-o", "json");
    const { metadata, spec } = (JSON.parse(json) as Deployment).spec.template;
    assert.match(metadata.annotations["proxy.istio.io/config"]!, /^extraStatTags:\n/);
    assert.equal(metadata.annotations["inject.istio.io/templates"], "gateway");
    assert.match(JSON.stringify(spec), /"env":\[\{"name":"API_KEY","value":"x"\}\]/);
  });
});

describe("the gateway's access log", () => {
  it("has the tokens, the model and the caller of a request, in plain text", async () => {
    const usage = await spend("app", "word ".repeat(97));
    const line = await logged("request_prompt_tokens", String(usage.prompt_tokens));
    assert.deepEqual(Object.keys(line).sort(), Object.keys(accessLogFields).sort());
    const expected = {
      authority: "dashscope.aliyuncs.com",
      response_code: 200,
      request_model: "qwen-1.8b-chat",
      request_prompt_tokens: String(usage.prompt_tokens),
      request_completion_tokens: String(usage.completion_tokens),
      route_name: "egress-gw-route",
      downstream_peer_uri_san: "spiffe://cluster.local/ns/default/sa/app",
      llm_outcome: "ok",
      llm_ttft_ms: null,
    };
    const told = Object.keys(expected).map((name) => [name, line[name]]);
    assert.deepEqual(Object.fromEntries(told), expected);
  });

  it("has no tokens, path or key of a rejected request", async () => {
    const headers = { authorization: "Bearer of-the-client" };
    await mesh.as("app").fetch(`${url}?key=in-the-query`, { method: "PUT", headers, body: "{}" });
    const line = await logged("response_code_details", "llm_egress_method_not_allowed");
    assert.equal(line["llm_outcome"], "rejected");
    assert.equal(line["downstream_peer_uri_san"], "spiffe://cluster.local/ns/default/sa/app");
    assert.equal(line["request_prompt_tokens"], null);
    const text = JSON.stringify(line);
    for (const secret of ["in-the-query", "of-the-client", gatewayKeys.API_KEY]) {
      assert.ok(!text.includes(secret), secret);
    }
  });
});
