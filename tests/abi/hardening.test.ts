// Inputs with which a client could try to bypass the filter. Such attacks succeed against other
// gateways.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PluginSettings } from "../../contract/plugin-config.ts";
import { CLUSTER, HOST, hostOf, KEY, post, postHeaders } from "../support/filter-host.ts";
import { everySplit } from "../support/splits.ts";
import type { WasmStream } from "../support/wasm-host.ts";

const group = "max_tokens";
const limited: Partial<PluginSettings> = {
  members: [{ name: "max_tokens", limit: "4096", nonNegative: true, group }],
};

function send(body: string, settings: Partial<PluginSettings>): WasmStream {
  return post(hostOf(settings), [Buffer.from(body)]);
}

describe("a content-length", () => {
  const members = [{ name: "model", override: '"m"' }];
  const lengthSent = (length: string) => {
    const stream = hostOf({ members }).stream(CLUSTER);
    stream.headers(postHeaders({ "content-length": length }));
    return stream.refusal || stream.header("content-length");
  };

  it("grows by the size of the added block, no matter how many zeros precede it", () => {
    for (const zeros of [0, 1, 12, 17, 18, 19, 40]) {
      assert.equal(lengthSent(`${"0".repeat(zeros)}7`), "19", `${zeros} zeros`);
    }
  });

  it("is refused if the filter can't add to it", () => {
    for (const length of ["+7", "7,7", "7 ", "0x7", "-7", "9".repeat(19), ""]) {
      assert.equal(lengthSent(length), "400 llm_egress_invalid_parameter", length);
    }
  });
});

describe("a managed member", () => {
  it("is recognized without its underscores, as in protobuf's JSON format", () => {
    for (const name of ["maxTokens", "max-tokens", "MAXTOKENS", "maxTo\\u006bens"]) {
      const stream = send(`{"${name}":99999}`, limited);
      assert.deepEqual(JSON.parse(stream.forwardedText), { max_tokens: 4096 }, name);
    }
  });

  it("is refused with a NUL in its name, where a C program would end the name", () => {
    const members = [{ name: "model", override: '"m"' }];
    const escaped = [..."model"]
      .map((letter) => `\\u00${letter.charCodeAt(0).toString(16)}`)
      .join("");
    for (const name of ["model", escaped]) {
      for (const rest of ["", "x", "x".repeat(29), "x".repeat(60), "x".repeat(2_000)]) {
        const body = Buffer.from(`{"a":1,"${name}\\u0000${rest}":"evil"}`);
        for (const chunks of everySplit(body)) {
          const stream = post(hostOf({ members }), chunks);
          assert.equal(stream.refusal, "400 llm_egress_invalid_parameter", name + rest);
          if (rest.length > 100) break;
        }
      }
    }
  });

  it("is not confused with longer names that end with its name", () => {
    const members = [{ name: "model", override: '"m"' }];
    const body = Buffer.from(`{"${"x".repeat(60)}model":1,"x\\\\u0000model":2}`);
    for (const chunks of everySplit(body)) {
      const stream = post(hostOf({ members }), chunks);
      assert.equal(Object.keys(JSON.parse(stream.forwardedText) as object).length, 3);
    }
  });
});

describe("a managed member with a Turkish dotless i", () => {
  it("is recognized", () => {
    const members = [{ name: "logit_bias", remove: true as const }];
    assert.deepEqual(
      JSON.parse(send('{"log\u0131t_b\u0130as":{}}', { members }).forwardedText),
      {},
    );
  });

  it("can't have a model name that continues after a NUL", () => {
    const stream = send('{"model":"big\\u0000-mini"}', { models: { allow: ["*-mini"] } });
    assert.equal(stream.refusal, "400 llm_egress_invalid_parameter");
  });
});

describe("a token limit", () => {
  it("can't be bypassed with a negative number, which some servers take as unlimited", () => {
    for (const value of ["-1", "-0.5", "-1e9"]) {
      const stream = send(`{"max_tokens":${value}}`, limited);
      assert.deepEqual(JSON.parse(stream.forwardedText), { max_tokens: 4096 }, value);
    }
  });

  it("is the only limited member that must not be negative", () => {
    const members = [{ name: "presence_penalty", limit: "1" }];
    const stream = send('{"presence_penalty":-2}', { members });
    assert.deepEqual(JSON.parse(stream.forwardedText), { presence_penalty: -2 });
  });
});

describe("a client's credential", () => {
  it("is removed from the query if a semicolon or a NUL hides it", () => {
    for (const query of ["x=1;key=S", "key=S;x=1", "key%00=S", "key%00y=S", ";;api_key=S"]) {
      const stream = hostOf().stream(CLUSTER);
      stream.headers(postHeaders({ ":path": `/v1/chat/completions?${query}&a=1;b` }));
      assert.equal(stream.header(":path"), "/v1/chat/completions?a=1;b", query);
    }
  });

  it("is removed from headers whose names have underscores", () => {
    const stream = hostOf().stream(CLUSTER);
    stream.headers(postHeaders({ x_api_key: "S", api_key: "S", "x-http-method-override": "PUT" }));
    const names = stream.requestHeaders
      .map(([name]) => name)
      .filter((name) => /key|over/.test(name));
    assert.deepEqual(names, []);
  });
});

describe("a provider's key", () => {
  it("is not returned in trailers", () => {
    const stream = hostOf().stream(CLUSTER);
    stream.headers(postHeaders());
    stream.response([[":status", "200"]]);
    stream.responseTrailers([
      ["x-echo", `Bearer ${KEY}`],
      ["set-cookie", "a=b"],
      ["x-kept", "1"],
    ]);
    assert.deepEqual(stream.trailersSent, [["x-kept", "1"]]);
  });

  it("is still sent after Envoy itself has answered, as no cluster has received it", () => {
    const host = hostOf();
    const lost = host.stream(CLUSTER);
    lost.headers(postHeaders());
    lost.properties.delete("xds\0cluster_name");
    lost.response([[":status", "404"]]);
    lost.end();
    assert.equal(lost.refusal, "");
    assert.equal(post(host, [Buffer.from("{}")]).refusal, "");
    assert.equal(host.counters.get("llm_egress_misrouted"), 0);
  });
});

describe("memory", () => {
  it("does not grow with long paths and hosts while many streams are open", () => {
    const host = hostOf();
    const long = "a".repeat(58_000);
    for (let i = 0; i < 2_000; i++) host.stream(CLUSTER);
    const before = host.memory.buffer.byteLength;
    for (let i = 0; i < 2_000; i++) {
      const stream = host.stream(CLUSTER);
      const more = i % 2 ? { ":path": `/v1/chat/completions?${long}` } : { ":authority": long };
      stream.headers(postHeaders(more));
      assert.equal(stream.localResponses.length, i % 2 ? 0 : 1);
      stream.end();
    }
    const grown = host.memory.buffer.byteLength - before;
    assert.ok(grown < 4_000_000, `${grown} bytes for ${HOST}`);
  });
});

describe("an auth prefix", () => {
  it("with a line break makes its provider answer 503", () => {
    const stream = post(hostOf({ authPrefix: "Bearer \r\nx-evil: 1" }), [Buffer.from("{}")]);
    assert.equal(stream.refusal, "503 llm_egress_provider_misconfigured");
  });
});
