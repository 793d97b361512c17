// The five steps to a user's first egress gateway: gateway, provider, route, a request, and a
// policy that denies one workload.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { echoedBody, echoedHeader, echoOf } from "../support/requests.ts";
import { connectMesh } from "./mesh.ts";
import {
  dashscopeProvider as provider,
  dashscopeRoute as route,
  denySleep,
  gatewayRule,
} from "./resources.ts";
import { gatewayKeys } from "./rig/names.ts";

const mesh = connectMesh();
const url = "http://dashscope.aliyuncs.com/v1/chat/completions";
const echo = { "x-mock-echo": "1" };
// The body of step four, verbatim.
const message = `{
    "messages": [
        {"role": "user", "content": "请介绍你自己"}
    ]
}`;
const curl = [
  ...["--location", "http://dashscope.aliyuncs.com"],
  ...["--header", "Content-Type: application/json"],
  ...["--data", message],
];

before(async () => {
  await mesh.apply(gatewayRule, provider, route, await mesh.render(provider, route));
});
after(() => mesh.clear());

describe("before the policy", () => {
  for (const workload of ["app", "sleep"] as const) {
    it(`answers ${workload}, which has no key`, async () => {
      const answer = JSON.parse(await mesh.as(workload).curl(curl)) as Record<string, unknown>;
      assert.equal(answer["object"], "chat.completion");
      assert.equal(answer["model"], "qwen-1.8b-chat");
    });
  }
});

describe("the provider", () => {
  it("receives the key, the path and the model", async () => {
    const headers = { ...echo, authorization: "Bearer the-client's-own" };
    const members = { model: "gpt-4", stream: true, temperature: 0.7 };
    const answer = await mesh.as("app").chat(url, members, headers);
    const received = echoOf(answer);
    assert.equal(received.method, "POST");
    assert.equal(received.path, "/compatible-mode/v1/chat/completions");
    assert.equal(received.serverName, "dashscope.aliyuncs.com");
    assert.deepEqual(echoedHeader(received, "host"), ["dashscope.aliyuncs.com"]);
    assert.deepEqual(echoedHeader(received, "authorization"), [`Bearer ${gatewayKeys.API_KEY}`]);
    assert.deepEqual(JSON.parse(echoedBody(answer)), {
      messages: [{ role: "user", content: "hello" }],
      model: "qwen-1.8b-chat",
      stream: false,
      temperature: 0.7,
    });
  });

  it("receives no metadata of the mesh", async () => {
    const received = echoOf(await mesh.as("app").chat(url, {}, echo));
    const names = received.headers.map(([name]) => name.toLowerCase());
    const foreign = names.filter((name) => /^x-(envoy|forwarded-(?!proto)|istio|b3)/.test(name));
    assert.deepEqual(foreign, []);
    assert.doesNotMatch(JSON.stringify(received), /spiffe:|cluster\.local|127\.0\.0\.1[12]/);
  });
});

describe("a provider that leaves streaming to its clients", () => {
  it("streams to app", async () => {
    const streaming = provider.replace(/^ *stream: false\n/m, "");
    await mesh.apply(await mesh.render(streaming, route));
    const headers = { "x-mock-pause-ms": "40" };
    const answer = await mesh.as("app").chat(url, { stream: true }, headers);
    assert.equal(answer.status, 200);
    assert.match(answer.headers["content-type"] ?? "", /^text\/event-stream/);
    const text = answer.body.toString();
    assert.match(text, /"model":"qwen-1.8b-chat","object":"chat.completion.chunk"/);
    assert.match(text, /\ndata: \[DONE\]\n\n$/);
    assert.ok(answer.firstByteMs < answer.totalMs / 2, "the answer was held back");
    await mesh.apply(await mesh.render(provider, route));
  });
});

describe("after the policy", () => {
  before(() => mesh.apply(denySleep));

  it("denies sleep, which the policy names", async () => {
    const answer = await mesh.as("sleep").chat(url);
    assert.equal(answer.status, 403);
    assert.equal(await mesh.as("sleep").curl(curl), "RBAC: access denied");
  });

  it("still answers app", async () => {
    const answer = await mesh.as("app").chat(url);
    assert.equal(answer.status, 200);
  });

  it("can't be bypassed with another spelling of the host", async () => {
    for (const host of ["dashscope.aliyuncs.com:80", "DashScope.aliyuncs.com:80"]) {
      const answer = await mesh.as("sleep").chat(url, {}, { ...echo, host });
      assert.ok([403, 404, 421].includes(answer.status), `${host}: ${answer.status}`);
      assert.doesNotMatch(answer.body.toString(), /Bearer/);
    }
  });

  it("answers sleep again after the policy is deleted", async () => {
    await mesh.delete(denySleep);
    assert.equal((await mesh.as("sleep").chat(url)).status, 200);
  });
});
