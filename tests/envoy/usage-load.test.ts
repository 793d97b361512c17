// Ten thousand calls, concurrent and sequential. The clients abort a fifth of them. The counters
// equal what the provider has served.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from "node:http2";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { after, test } from "node:test";
import { callsOf, countersOf, sums } from "../support/calls.ts";
import { eventually, startGateway } from "../support/gateway.ts";
import { asksForUsage, pluginConfig, provider } from "../support/plugin-providers.ts";

const host = "api.example";
const calls = 10_000;
const sessions = 4;
const streamsPerSession = 16;

/** The kinds of calls. The number of a call determines its kind. */
const kinds = [
  ...(["json", "json", "json", "stream", "stream", "stream"] as const),
  ...(["stream with usage in each chunk", "stream that asks for usage"] as const),
  ...(["left in the middle", "left before the answer"] as const),
];
const kindOf = (number: number) => kinds[number % kinds.length]!;

const usageOf = (number: number) => ({
  prompt_tokens: 1 + (number % 1000),
  completion_tokens: number % 77,
  prompt_tokens_details: { cached_tokens: number % 13 },
});

/** What the provider has served: the sums over the answers that it has sent completely. */
const served = { answers: 0, prompt: 0, completion: 0, cached: 0 };
const leaving = new Map<number, () => void>();

const upstream = createServer((request, response) => {
  response.on("error", () => {});
  json(request).then(
    (body) => answer(response, (body as { number: number }).number),
    () => response.destroy(),
  );
});
upstream.listen(0, "127.0.0.1");
await once(upstream, "listening");

function answer(response: ServerResponse, number: number): void {
  const kind = kindOf(number);
  const usage = usageOf(number);
  if (kind === "left before the answer") return leaving.get(number)?.();
  response.on("finish", () => {
    served.answers += 1;
    served.prompt += usage.prompt_tokens;
    served.completion += usage.completion_tokens;
    served.cached += usage.prompt_tokens_details.cached_tokens;
  });
  if (kind === "json") {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ choices: [{}], usage }));
    return;
  }
  const event = (data: object) => `data: ${JSON.stringify(data)}\n\n`;
  const each = kind === "stream with usage in each chunk" ? { usage } : {};
  response.writeHead(200, { "content-type": "text/event-stream" });
  response.write(event({ choices: [{ delta: { content: "x" } }], ...each }));
  if (kind === "left in the middle") return;
  response.write(event({ choices: [{ finish_reason: "stop" }], ...each }));
  const last = event({ choices: [], usage });
  response.write(last.slice(0, number % last.length));
  response.end(`${last.slice(number % last.length)}data: [DONE]\n\n`);
}

const plugin = pluginConfig([provider(host, { settings: { members: asksForUsage } })]);
const { port } = upstream.address() as AddressInfo;
const gateway = await startGateway({ plugin, upstreams: { [host]: port } });
after(async () => {
  await gateway.close();
  upstream.close();
  upstream.closeAllConnections();
});

/**
 * Makes one call, or aborts it, depending on its kind. Resolves with whether the client received
 * all that it should.
 */
function request(session: ClientHttp2Session, number: number): Promise<boolean> {
  const kind = kindOf(number);
  const path = "/v1/chat/completions";
  const headers = { ":method": "POST", ":path": path, ":authority": host, "x-call": `${number}` };
  const stream = session.request(headers);
  const options =
    kind === "stream that asks for usage" ? { stream_options: { include_usage: true } } : {};
  if (kind === "left before the answer") leaving.set(number, () => leave(stream));
  let received = "";
  stream.on("error", () => {});
  stream.on("data", (chunk: Buffer) => {
    received += chunk.toString();
    if (kind === "left in the middle") leave(stream);
  });
  stream.end(JSON.stringify({ number, stream: kind !== "json", ...options }));
  return new Promise((resolve) => {
    stream.on("close", () => resolve(isWhole(kind, received)));
  });
}

function leave(stream: ClientHttp2Stream): void {
  stream.close(constants.NGHTTP2_CANCEL);
}

function isWhole(kind: (typeof kinds)[number], received: string): boolean {
  const hasExtra = received.includes('"choices":[],');
  switch (kind) {
    case "json":
      return received.endsWith("}}}");
    case "stream":
    case "stream with usage in each chunk":
      return received.endsWith("[DONE]\n\n") && !hasExtra;
    case "stream that asks for usage":
      return received.endsWith("[DONE]\n\n") && hasExtra;
    default:
      return !received.includes("[DONE]");
  }
}

test("counts what the provider has served in 10,000 calls, a fifth of them abandoned", async () => {
  const { envoy } = gateway;
  let next = 0;
  let whole = 0;
  const work = async (session: ClientHttp2Session) => {
    while (next < calls) if (await request(session, next++)) whole += 1;
  };
  const open = Array.from({ length: sessions }, () => connect(envoy.url));
  const workers = open.flatMap((session) =>
    Array.from({ length: streamsPerSession }, () => work(session)),
  );
  await Promise.all(workers);
  for (const session of open) session.destroy();
  assert.equal(whole, calls);
  assert.equal(served.answers, (calls / 10) * 8);
  await eventually(() => callsOf(envoy).length === calls, "the access log");
  const counters = await countersOf(envoy);
  assert.deepEqual(sums(counters), {
    llm_egress_misrouted: 0,
    llm_egress_requests: calls,
    asm_llm_proxy_prompt_tokens: served.prompt,
    asm_llm_proxy_completion_tokens: served.completion,
    llm_egress_cached_tokens: served.cached,
    llm_egress_usage_unknown: calls / 10,
  });
  const left = sums(counters, { outcome: "client_closed" });
  assert.deepEqual(left, { llm_egress_requests: calls / 5 });
});

test("writes the tokens of each call to the access log", () => {
  for (const call of callsOf(gateway.envoy)) {
    const number = Number(call.id);
    const usage = usageOf(number);
    const isLeft = kindOf(number).startsWith("left");
    const expected = isLeft ? ["-", "-"] : [`${usage.prompt_tokens}`, `${usage.completion_tokens}`];
    assert.deepEqual([call.prompt, call.completion], expected);
    assert.equal(call.outcome, isLeft ? "client_closed" : "ok");
  }
});
