// Headers that are set from Secrets: a request goes out only with them, and no answer shows them.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PluginProvider, PluginSettings } from "../../contract/plugin-config.ts";
import { send } from "../support/filter-host.ts";
import { keyedConfig, keyedHost, keyOf, keysAnswer, REFERENCE } from "../support/keyed-host.ts";
import { everySplit, singleBytes } from "../support/splits.ts";
import type { WasmHost } from "../support/wasm-host.ts";

const reference = "tenant/Token";
const unavailable = "503 llm_egress_key_unavailable";

function configWith(
  settings: Partial<PluginSettings> = {},
  provider: Partial<PluginProvider> = {},
) {
  const config = keyedConfig(settings);
  Object.assign(config.providers[0]!, { secretHeaders: { "x-tenant": reference }, ...provider });
  return config;
}

const answer = (version: string, tenant?: string, key?: string) =>
  keysAnswer(version, {
    ...(tenant === undefined ? {} : { [reference]: tenant }),
    ...(key === undefined ? {} : { [REFERENCE]: key }),
  });

function hostWith(tenant: string, key = "sk-1", config = configWith()): WasmHost {
  const host = keyedHost(config);
  host.answerCall(answer("1", tenant, key));
  return host;
}

describe("a header from a Secret", () => {
  it("is waited for, and replaces the client's, in any spelling", () => {
    const host = keyedHost(configWith());
    const stream = send(host, { headers: { "x-tenant": "mine", x_tenant: "mine" } });
    host.answerCall(answer("1", "T-1", "sk-1"));
    const values = stream.requestHeaders.filter(([name]) => name.startsWith("x"));
    assert.deepEqual(values, [["x-tenant", "T-1"]]);
    assert.equal(keyOf(stream), "Bearer sk-1");
  });

  it("has its new value in the next request", () => {
    const host = hostWith("T-1");
    host.answerCall(answer("2", "T-2", "sk-1"));
    assert.equal(send(host).header("x-tenant"), "T-2");
  });

  it("refuses requests if it is unknown, also if one of several keys is known", () => {
    const keys = { apiKeys: [{ apiKeySecretRef: REFERENCE }, { apiKeySecretRef: "a/b" }] };
    const several = configWith(keys);
    delete several.providers[0]!.settings.apiKeySecretRef;
    for (const config of [configWith(), several]) {
      const host = keyedHost(config);
      host.answerCall(answer("1", undefined, "sk-1"));
      assert.equal(send(host).refusal, unavailable);
      host.answerCall(answer("2", "T-1", "sk-1"));
      assert.equal(send(host).header("x-tenant"), "T-1");
      host.answerCall(answer("3", undefined, "sk-1"));
      assert.equal(send(host).refusal, unavailable);
    }
  });
});

describe("a header from a Secret, with settings of another kind,", () => {
  it("is set for a route with settings of its own as well, and without a key", () => {
    const settings = { authHeader: "authorization", authPrefix: "", members: [] };
    const config = configWith({}, { settings, routes: [{ name: "r", settings }] });
    const host = keyedHost(config);
    host.answerCall(answer("1"));
    for (const route of ["r", ""]) assert.equal(send(host, { route }).refusal, unavailable);
    host.answerCall(answer("2", "T-1"));
    for (const route of ["r", ""]) {
      assert.equal(send(host, { route }).header("x-tenant"), "T-1");
    }
  });

  it("has the provider answer 503 if nothing hands it out", () => {
    const config = configWith({ apiKey: "sk-1" });
    delete config.providers[0]!.settings.apiKeySecretRef;
    delete config.keyServer;
    assert.equal(send(keyedHost(config)).refusal, "503 llm_egress_provider_misconfigured");
  });
});

const secrets = ["Tenant-9f31", "sk-long-9f31b7"] as const;
const hidden = (text: string) =>
  [...secrets, secrets[0].toLowerCase()].reduce(
    (left, secret) => left.replaceAll(secret, "*".repeat(secret.length)),
    text,
  );
const texts = [
  `{"error":"${secrets[0]} and ${secrets[1]}: no access for tenant-9f31"}`,
  `${secrets[1].slice(0, -1)}${secrets[0]}${secrets[0].slice(0, 5)}`,
  `${secrets[0].slice(0, 7)}${secrets[1]}${secrets[1].slice(0, 4)}`,
];

function assertHidden(host: WasmHost, text: string, expected: string): void {
  const bytes = Buffer.from(text);
  for (const chunks of [...everySplit(bytes), singleBytes(bytes), [bytes, Buffer.alloc(0)]]) {
    const stream = send(host);
    stream.response([[":status", "403"]]);
    for (const [index, chunk] of chunks.entries()) {
      stream.responseBody(chunk, index === chunks.length - 1);
    }
    stream.end();
    assert.equal(stream.returnedText, expected, `at ${chunks[0]?.length}`);
  }
}

describe("an answer", () => {
  it("has no key in the body of an error, for every split", () => {
    const host = hostWith(...secrets);
    for (const text of texts) assertHidden(host, text, hidden(text));
  });

  it("has no part of a key in which another occurs", () => {
    const pairs = [
      ["sk-1", "sk-12-long"],
      ["proj", "sk-proj-98"],
      ["7", "sk-x7y"],
    ] as const;
    for (const [short, long] of pairs) {
      for (const [tenant, key] of [
        [short, long],
        [long, short],
      ] as const) {
        const host = hostWith(tenant, key);
        const stars = [short, long].map(({ length }) => "*".repeat(length)) as [string, string];
        assertHidden(host, `${long} of ${short}`, `${stars[1]} of ${stars[0]}`);
        assertHidden(host, `${short}, ${long}.`, `${stars[0]}, ${stars[1]}.`);
      }
    }
  });
});

describe("a header or trailer of an answer", () => {
  it("is removed if it has a key, whichever the request was sent with", () => {
    const host = hostWith(...secrets);
    const stream = send(host);
    host.answerCall(answer("2", "T-2", "sk-1"));
    const echoes: [string, string][] = [
      ["x-echo", `for ${secrets[0]}!`],
      ["x-tenant-9f31", "1"],
    ];
    stream.response([[":status", "200"], ...echoes, ["x-other", "1"]]);
    stream.responseTrailers([...echoes, ["x-sum", "1"]]);
    assert.deepEqual(stream.responseHeaders, [
      [":status", "200"],
      ["x-other", "1"],
    ]);
    assert.deepEqual(stream.trailersSent, [["x-sum", "1"]]);
  });
});

describe("a long key from a Secret", () => {
  it("is hidden in the body of an error", () => {
    const long = `T-${"0123456789abcdef".repeat(40_000)}`;
    const host = hostWith(long);
    for (const at of [1, 4_000, long.length - 1]) {
      const stream = send(host);
      stream.response([[":status", "403"]]);
      stream.responseBody(long.slice(0, at));
      stream.responseBody(`${long.slice(at)}.`, true);
      assert.equal(stream.returnedText, `${"*".repeat(long.length)}.`);
    }
  });
});
