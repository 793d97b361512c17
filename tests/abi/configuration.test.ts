// Plugin configurations: which errors refuse the whole configuration, which affect only one
// provider, and that no log line contains a value.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PluginConfig, PluginProvider } from "../../contract/plugin-config.ts";
import { configOf, KEY, send, settings } from "../support/filter-host.ts";
import { WasmHost } from "../support/wasm-host.ts";

const misconfigured = "503 llm_egress_provider_misconfigured";

// The only log line about a configuration that the filter refuses.
function refusalOf(config: unknown): string {
  const text = typeof config === "string" ? config : JSON.stringify(config);
  const host = new WasmHost({ config: text, env: { API_KEY: KEY } });
  assert.equal(host.accepted, false, text);
  assert.equal(host.logs.length, 1);
  return host.logs[0]!.replace("llm-egress: plugin configuration refused: ", "");
}

// `config` with another value at a path, or without the path if the value is undefined.
function change(path: string, value: unknown): unknown {
  const config = JSON.parse(JSON.stringify(configOf())) as Record<string, unknown>;
  const keys = path.split(".");
  const last = keys.pop()!;
  const owner = keys.reduce((at, key) => at[key] as Record<string, unknown>, config);
  owner[last] = value;
  return config;
}

describe("a configuration is refused", () => {
  it("if it is not a JSON object, with the position of the byte", () => {
    assert.equal(refusalOf("version: 1"), "byte 0: not a JSON object");
    assert.equal(refusalOf("[]"), "byte 0: not a JSON object");
    assert.equal(refusalOf('{"version":1,}'), "byte 13: not a JSON object");
    assert.equal(refusalOf('{"version":1'), "byte 11: not a JSON object");
    assert.equal(refusalOf(`{"a":${"[".repeat(600)}`), "byte 516: not a JSON object");
  });

  it("if it is empty", () => {
    assert.equal(refusalOf(""), "it is empty");
  });

  it("if its version is unknown", () => {
    for (const version of [undefined, 0, 2, 1.5, "1", null, [1]]) {
      assert.equal(refusalOf(change("version", version)), "version: must be 1");
    }
  });

  it("if it has an unknown member or a member of the wrong type, with the path", () => {
    assert.equal(refusalOf(change("provider", [])), "$: unknown member provider");
    assert.equal(refusalOf(change("authorities", "a")), "$.authorities: must be a list");
    assert.equal(refusalOf(change("authorities", [1])), "$.authorities[0]: must be a string");
    assert.equal(refusalOf(change("unservedClusters", {})), "$.unservedClusters: must be a list");
    assert.equal(refusalOf(change("providers", {})), "$.providers: must be a list");
    assert.equal(refusalOf(change("providers.0", null)), "$.providers[0]: must be an object");
  });
});

describe("a configuration with a provider without a name or a cluster of its own", () => {
  it("is refused", () => {
    const at = "$.providers[0]";
    const name = `${at}.name: must be a string that is not empty`;
    assert.equal(refusalOf(change("providers.0.name", "")), name);
    assert.equal(refusalOf(change("providers.0.name", undefined)), name);
    const clusters = `${at}.clusters: must name at least one cluster`;
    assert.equal(refusalOf(change("providers.0.clusters", undefined)), clusters);
    assert.equal(refusalOf(change("providers.0.clusters", [])), clusters);
    const { providers } = configOf();
    const two = { ...configOf(), providers: [...providers, ...providers] };
    assert.equal(refusalOf(two), "$.providers[1].clusters[0]: also leads to another provider");
  });
});

// A host with a provider at the cluster `bad`, and another one that works.
function hostWith(bad: unknown, env: Record<string, string> = {}): WasmHost {
  const config = configOf();
  config.providers.push(bad as PluginProvider);
  const host = new WasmHost({ config, env: { API_KEY: KEY, ...env } });
  assert.equal(host.accepted, true);
  assert.equal(send(host).refusal, "");
  return host;
}

const bad: PluginProvider = {
  ...{
    name: "default/bad",
    clusters: ["bad"],
    path: "/v1/chat/completions",
    endpoints: 0,
    routes: [],
  },
  settings: settings(),
};

function assertFault(provider: unknown, fault: string, env?: Record<string, string>): void {
  const host = hostWith(provider, env);
  assert.equal(send(host, { cluster: "bad" }).refusal, misconfigured);
  assert.deepEqual(host.logs, [`llm-egress: default/bad answers 503: ${fault}`]);
}

describe("only the faulty provider answers 503", () => {
  const at = "$.providers[1]";
  const withSettings = (some: object): unknown => ({
    ...bad,
    settings: { ...settings(), ...some },
  });
  const withMember = (member: object): unknown => withSettings({ members: [member] });

  it("with an unknown member, or without a required one", () => {
    assertFault({ ...bad, host: "x" }, `${at}: unknown member host`);
    assertFault(withSettings({ model: "x" }), `${at}.settings: unknown member model`);
    assertFault(
      withMember({ name: "a", value: 1 }),
      `${at}.settings.members[0]: unknown member value`,
    );
    assertFault({ ...bad, settings: undefined }, `${at}.settings: must be an object`);
  });

  it("with an invalid path", () => {
    assertFault({ ...bad, path: "v1" }, `${at}.path: must begin with a slash`);
    assertFault({ ...bad, path: "/a b" }, `${at}.path: has a character that no path can have`);
    assertFault({ ...bad, path: "" }, `${at}.path: must be a string that is not empty`);
  });

  it("with a member that can't be added", () => {
    const member = `${at}.settings.members[0]`;
    assertFault(
      withMember({ name: 'a"', remove: true }),
      `${member}.name: must be 1 to 64 of letters, digits, underscore and hyphen`,
    );
    for (const text of ['1,"x":2', "1}", "", "x", "{"]) {
      const fault = `${member}.override: must be the JSON text of one value`;
      assertFault(withMember({ name: "a", override: text }), fault);
    }
  });
});

describe("a provider with invalid settings for one route", () => {
  it("answers 503 on all of its routes", () => {
    const routes = [{ name: "r", settings: { ...settings(), extra: 1 } }];
    assertFault({ ...bad, routes }, "default/bad.routes[0].settings: unknown member extra");
  });
});

describe("a route that has settings twice", () => {
  it("is a fault of its provider, unless its VirtualServices tell them apart", () => {
    const route = { name: "r", settings: settings() };
    const fault = "default/bad.routes[1]: names a route that has other settings";
    assertFault({ ...bad, routes: [route, route] }, fault);
    const named = { ...route, virtualServices: ["ns/a"] };
    assertFault({ ...bad, routes: [named, route] }, fault);
    const host = hostWith({ ...bad, routes: [named, { ...route, virtualServices: ["ns/b"] }] });
    assert.deepEqual(host.logs, []);
  });
});

describe("a key", () => {
  const keyed = (apiKey: string): PluginProvider => ({ ...bad, settings: settings({ apiKey }) });
  const sent = (apiKey: string, env: Record<string, string>) =>
    send(hostWith(keyed(apiKey), env), { cluster: "bad" }).header("authorization");

  it("is read from the environment, or is a literal", () => {
    assert.equal(sent("${OTHER}", { OTHER: "sk-other", OTHER_2: "x" }), "Bearer sk-other");
    assert.equal(sent("sk-literal", {}), "Bearer sk-literal");
    assert.equal(sent("${A}", { AA: "no", A: "a=b", B: "${AA}" }), "Bearer a=b");
  });

  it("is trimmed at both ends", () => {
    assert.equal(sent("${OTHER}", { OTHER: "sk-other\n" }), "Bearer sk-other");
    assert.equal(sent(" sk-literal\r\n", {}), "Bearer sk-literal");
  });

  it("that is missing, or can't be sent, is a fault of its provider only", () => {
    const unprintable = "contains a character that is not printable ASCII";
    const variable = "environment variable OTHER";
    assertFault(keyed("${OTHER}"), `${variable} is missing or empty`);
    assertFault(keyed("${OTHER}"), `${variable} is missing or empty`, { OTHER: " \n" });
    assertFault(keyed("${OTHER}"), `${variable} ${unprintable}`, { OTHER: "sk\r\nx-evil: 1" });
    assertFault(keyed("sk\nx"), `apiKey ${unprintable}`);
    assertFault(keyed(""), "apiKey is missing or empty");
    for (const half of ["${OTHER", "${", "a${OTHER}", "${OTHER}${OTHER}"]) {
      const fault = "apiKey: must be a literal or ${NAME}, NAME of letters, digits and _";
      assertFault(keyed(half), fault, { OTHER: "sk-other" });
    }
  });

  it("of one route affects only that route", () => {
    const routes = [{ name: "r", settings: settings({ apiKey: "${NONE}" }) }];
    const host = hostWith({ ...bad, routes });
    assert.equal(send(host, { cluster: "bad", route: "r" }).refusal, misconfigured);
    assert.equal(send(host, { cluster: "bad", route: "other" }).refusal, "");
    const variable = "environment variable NONE is missing or empty";
    assert.deepEqual(host.logs, [`llm-egress: default/bad on route r answers 503: ${variable}`]);
  });
});

describe("a provider", () => {
  it("with keys of two kinds, or more than 16, answers 503", () => {
    const at = "$.providers[1].settings";
    const keyed = (keys: object): unknown => ({ ...bad, settings: settings(keys) });
    const apiKeys = Array.from({ length: 17 }, () => ({ apiKey: "${A}" }));
    const env = { A: "sk-a" };
    assertFault(keyed({ apiKey: "${A}", apiKeys: apiKeys.slice(0, 1) }), `${at}: more than 1`, env);
    assertFault(keyed({ apiKey: undefined, apiKeys }), `${at}: more than 16`, env);
  });
});

describe("a configuration of 1,000 providers", () => {
  it("is decoded in less than 300 ms", () => {
    const members = ["model", "stream", "temperature", "top_p", "max_tokens"].map((name) => ({
      ...{ name, default: '"some value"', group: name },
    }));
    const config: PluginConfig = { ...configOf(), providers: [] };
    for (let i = 0; i < 1000; i++) {
      const own = settings({ members, models: { allow: ["a-*"], aliases: { a: "b" } } });
      const provider = { ...bad, name: `ns/p${i}`, clusters: [`outbound|443||p${i}.example.com`] };
      config.providers.push({ ...provider, settings: own });
    }
    // The CPU time, and the best of three, as other processes may be busy at the same time.
    const times = [1, 2, 3].map(() => {
      const start = process.cpuUsage();
      const host = new WasmHost({ config, env: { API_KEY: KEY } });
      const { user, system } = process.cpuUsage(start);
      const last = send(host, { cluster: "outbound|443||p999.example.com" });
      assert.equal(last.refusal, "");
      return (user + system) / 1000;
    });
    assert.ok(Math.min(...times) < 300, `${times.join(", ")} ms`);
  });
});
