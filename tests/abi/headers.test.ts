// The headers of the request to the provider, and of the answer to the client.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { removedHeaders } from "../../contract/edited-headers.ts";
import type { PluginProvider } from "../../contract/plugin-config.ts";
import {
  CLUSTER,
  configOf,
  HOST,
  hostOf,
  KEY,
  postHeaders,
  send,
  settings,
} from "../support/filter-host.ts";
import { type HeaderList, WasmHost } from "../support/wasm-host.ts";

// The headers that the provider receives, besides the usual ones, if the client sends `extra`.
function upstreamHeaders(host: WasmHost, extra: HeaderList, cluster = CLUSTER): HeaderList {
  const stream = host.stream(cluster);
  stream.headers([...postHeaders(), ...extra]);
  assert.equal(stream.refusal, "");
  const plain = postHeaders().map(([name]) => name);
  return stream.requestHeaders.filter(([name]) => !plain.includes(name));
}

const routeKeyed = { name: "r", settings: settings({ authHeader: "X-C-Route-Key" }) };

function keyedProvider(name: string): PluginProvider {
  const own = settings({ apiKey: `sk-${name}`, authHeader: `x-${name}-key`, authPrefix: "" });
  return {
    name,
    clusters: [name],
    path: "/chat/completions",
    settings: own,
    endpoints: 0,
    routes: [],
  };
}

const keyHeader: HeaderList = [["authorization", `Bearer ${KEY}`]];

// As docs/security.md lists them.
const neverForwarded = [
  ...["authorization", "proxy-authorization", "api-key", "apikey", "x-api-key", "x-goog-api-key"],
  ...["ocp-apim-subscription-key", "x-auth-token", "x-amz-security-token", "cookie"],
  ...["x-goog-iap-jwt-assertion", "openai-organization", "openai-project", "x-goog-user-project"],
  ...["x-hf-bill-to", "x-dashscope-workspace", "x-forwarded-client-cert", "x-forwarded-for"],
  ...["x-forwarded-host", "forwarded", "x-real-ip", "x-envoy-retry-on", "x-http-method-override"],
  ...["x-http-method", "x-method-override", "x-original-url", "x-rewrite-url", "accept-encoding"],
  ...["x-portkey-config", "helicone-auth", "helicone-target-url", "cf-aig-authorization"],
];

describe("a header that carries a credential, or steers a server or a relay", () => {
  for (const name of neverForwarded) {
    it(`is not forwarded, in any spelling: ${name}`, () => {
      const spellings = [
        ...[name, name.replace("-", "_"), name.replace("-", "`")],
        ...["_", ".", "~"].map((other) => name.replaceAll("-", other)),
      ];
      for (const spelling of spellings) {
        assert.deepEqual(upstreamHeaders(hostOf(), [[spelling, "1"]]), keyHeader, spelling);
      }
    });
  }

  it("is distinguished from those that providers read", () => {
    const kept: HeaderList = [
      ["openai-beta", "a"],
      ["anthropic-version", "b"],
      ["anthropic_beta", "c"],
      ["x-stainless-lang", "d"],
      ["x-portkey", "e"],
      ["helicon-auth", "f"],
    ];
    assert.deepEqual(upstreamHeaders(hostOf(), kept), [...kept, ...keyHeader]);
  });
});

describe("a header that one provider removes", () => {
  it("reaches no provider, in either spelling", () => {
    const removedHeaders = ["x-session_id", "x-team"];
    const config = configOf({}, { removedHeaders });
    config.providers.push(keyedProvider("other"));
    const host = new WasmHost({ config, env: { API_KEY: KEY } });
    const sent: HeaderList = [
      ...([
        ["x-session-id", "1"],
        ["x_session_id", "1"],
        ["x.session^id", "1"],
      ] as HeaderList),
      ...([
        ["x-team", "1"],
        ["x-teams", "1"],
      ] as HeaderList),
    ];
    assert.deepEqual(upstreamHeaders(host, sent), [["x-teams", "1"], ...keyHeader]);
    const other = upstreamHeaders(host, sent, "other");
    assert.deepEqual(other, [
      ["x-teams", "1"],
      ["x-other-key", "sk-other"],
    ]);
  });
});

describe("the content-length", () => {
  it("is the original one plus the size of the added block", () => {
    const host = hostOf({ members: [{ name: "model", override: '"qwen"' }] });
    const blockBytes = ',"model":"qwen"'.length;
    for (const length of [2, 9, 84, 99, 985, 4294967295, 99999999999]) {
      const stream = send(host, { headers: { "content-length": `${length}` } });
      assert.equal(stream.header("content-length"), `${length + blockBytes}`);
    }
  });

  it("is not added to a request without one", () => {
    assert.equal(send(hostOf()).header("content-length"), undefined);
  });

  it("is the number of bytes that are forwarded", () => {
    const host = hostOf({
      members: [
        { name: "n", default: "1" },
        { name: "m", remove: true },
      ],
    });
    for (const body of ["{}", '{"n":2}', '{"m":[1,2],"a":1}', '{"m":1,"n":2} \n']) {
      const headers = { "content-length": `${body.length}` };
      const stream = send(host, { headers, chunks: [body] });
      assert.equal(stream.header("content-length"), `${stream.forwardedText.length}`);
    }
  });
});

describe("a client's credential", () => {
  for (const name of removedHeaders) {
    it(`or metadata of the mesh is not forwarded in ${name}`, () => {
      const extra: HeaderList = [
        [name, "a"],
        ["x-kept", "1"],
        [name, "b"],
      ];
      const expected: HeaderList = [["x-kept", "1"], ...keyHeader];
      assert.deepEqual(upstreamHeaders(hostOf(), extra), expected);
    });
  }

  it("is not forwarded in any header that controls Envoy", () => {
    const names = ["x-envoy-", "x-envoy-upstream-rq-timeout-ms", "x-envoy-original-dst-host"];
    const extra = names.map((name): [string, string] => [name, "1"]);
    assert.deepEqual(upstreamHeaders(hostOf(), extra), keyHeader);
    const kept: HeaderList = [
      ["x-envo", "1"],
      ["x-envoyx", "2"],
      ["x-request-id", "3"],
    ];
    assert.deepEqual(upstreamHeaders(hostOf(), kept), [...kept, ...keyHeader]);
  });

  it("is not forwarded in the credential header of another provider either", () => {
    const config = configOf();
    config.providers.push(keyedProvider("b"), keyedProvider("c"));
    config.providers[2]!.routes = [routeKeyed];
    const host = new WasmHost({ config, env: { API_KEY: KEY } });
    const extra: HeaderList = [
      ["x-b-key", "1"],
      ["x-c-key", "2"],
      ["x-c-route-key", "3"],
    ];
    assert.deepEqual(upstreamHeaders(host, extra), keyHeader);
    assert.deepEqual(upstreamHeaders(host, extra, "b"), [["x-b-key", "sk-b"]]);
    assert.deepEqual(upstreamHeaders(host, extra, "c"), [["x-c-key", "sk-c"]]);
  });
});

describe("a provider's credential", () => {
  it("is in exactly one header, no matter how many the client sent", () => {
    const extra: HeaderList = [
      ["authorization", "a"],
      ["authorization", `Bearer ${KEY}`],
    ];
    assert.deepEqual(upstreamHeaders(hostOf(), extra), keyHeader);
  });

  it("is in the configured header, after the configured prefix", () => {
    const azure = hostOf({ authHeader: "api-key", authPrefix: "" });
    assert.deepEqual(upstreamHeaders(azure, [["authorization", "a"]]), [["api-key", KEY]]);
    const token = hostOf({ authHeader: "X-Token", authPrefix: "Token token=" });
    assert.deepEqual(upstreamHeaders(token, []), [["x-token", `Token token=${KEY}`]]);
  });

  it("is not sent if the provider needs none", () => {
    const config = configOf({}, { settings: { authHeader: "a", authPrefix: "", members: [] } });
    assert.deepEqual(upstreamHeaders(new WasmHost({ config }), [["authorization", "a"]]), []);
  });
});

describe("the content-type", () => {
  it("is plain JSON, no matter what the client sent", () => {
    const types = [
      "application/json; charset=utf-16",
      "application/x-www-form-urlencoded",
      "",
      "APPLICATION/JSON",
    ];
    for (const type of types) {
      const stream = send(hostOf(), { headers: { "content-type": type } });
      const sent = stream.requestHeaders.filter(([name]) => name === "content-type");
      assert.deepEqual(sent, [["content-type", "application/json"]]);
    }
  });

  it("is added if there is none", () => {
    const stream = hostOf().stream(CLUSTER);
    stream.headers(postHeaders().filter(([name]) => name !== "content-type"));
    assert.equal(stream.header("content-type"), "application/json");
  });
});

describe("a content-encoding", () => {
  it("is refused unless all of its values are identity", () => {
    const lines = (...values: string[]) =>
      values.map((value): [string, string] => ["content-encoding", value]);
    for (const values of [["gzip"], ["br", "identity"], ["identity", "gzip"], ["identity, gzip"]]) {
      const stream = hostOf().stream(CLUSTER);
      stream.headers([...postHeaders(), ...lines(...values)]);
      assert.equal(stream.refusal, "415 llm_egress_unsupported_content_encoding", values.join());
    }
    assert.equal(upstreamHeaders(hostOf(), lines("identity", "IDENTITY")).length, 3);
  });
});

describe("the host", () => {
  const host = hostOf();

  it("may be written in any case", () => {
    for (const authority of [HOST, HOST.toUpperCase(), "Llm.Example.com"]) {
      const stream = send(host, { headers: { ":authority": authority } });
      assert.equal(stream.refusal, "");
      assert.equal(stream.header(":authority"), authority);
    }
  });

  it("must be exactly one of the configured ones", () => {
    const others = [
      `${HOST}:80`,
      `${HOST}:443`,
      `${HOST}.`,
      `x${HOST}`,
      `www.${HOST}`,
      "",
      " ",
      "a@" + HOST,
    ];
    for (const authority of [...others, HOST.slice(1), `${HOST}, ${HOST}`, "127.0.0.1"]) {
      const stream = send(host, { headers: { ":authority": authority } });
      assert.equal(stream.refusal, "421 llm_egress_misdirected_request", authority);
    }
  });
});

describe("GET for the models", () => {
  it("gets the key and the provider's path, and no changes for a body", () => {
    const headers = { ":method": "GET", ":path": "/v1/models?limit=2&key=sk-1", cookie: "c" };
    const stream = send(hostOf(), { headers, chunks: [] });
    assert.equal(stream.refusal, "");
    assert.equal(stream.header(":path"), "/v1/models?limit=2");
    assert.equal(stream.header("authorization"), `Bearer ${KEY}`);
    assert.equal(stream.header("cookie"), undefined);
    assert.equal(stream.header("content-length"), undefined);
  });
});

function answer(host: WasmHost, headers: HeaderList): HeaderList {
  const stream = send(host);
  stream.response(headers);
  return stream.responseHeaders;
}

describe("the answer's headers", () => {
  it("are kept, except for those that act on the client for the provider's host", () => {
    const kept: HeaderList = [
      [":status", "200"],
      ["content-type", "text/event-stream"],
      ["x-ratelimit-remaining", "1"],
      ["x-request-id", "req"],
      ["retry-after", "2"],
    ];
    const dropped: HeaderList = [
      ["set-cookie", "a=1"],
      ["alt-svc", "h3"],
      ["set-cookie", "b=2"],
      ["clear-site-data", '"*"'],
      ["refresh", "0; url=https://x/"],
      ["set_cookie", "a=1"],
      ["alt_svc", "h3"],
      ["clear_site-data", '"*"'],
    ];
    assert.deepEqual(answer(hostOf(), [...dropped, ...kept, ...dropped]), kept);
  });

  it("do not return the key, no matter where it is", () => {
    const kept: HeaderList = [
      [":status", "302"],
      ["x-part", KEY.slice(0, -1)],
    ];
    const echoes: HeaderList = [
      ["authorization", `Bearer ${KEY}`],
      ["location", `https://x/?key=${KEY}&a`],
      ["x-echo", KEY],
      [`x-${KEY}-y`, "1"],
      [KEY, ""],
    ];
    assert.deepEqual(answer(hostOf(), [...echoes, ...kept]), kept);
  });
});

describe("the answer's header names", () => {
  it("do not return the key, which they have in lower case", () => {
    const host = new WasmHost({ config: configOf(), env: { API_KEY: "sk-ABC-0_x" } });
    assert.deepEqual(answer(host, [["x-sk-abc-0_x", "1"]]), []);
  });
});

describe("the answer's headers for a cluster without a provider", () => {
  it("are not changed", () => {
    const stream = hostOf().stream("other");
    stream.headers(postHeaders());
    const headers: HeaderList = [
      [":status", "200"],
      ["set-cookie", KEY],
    ];
    stream.response(headers);
    assert.deepEqual(stream.responseHeaders, headers);
  });
});
