// Invalid plugin configurations. Envoy does not start with them, and the log has the fault and its
// place, but no value.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startEnvoy } from "../support/envoy.ts";
import { filterBootstrap } from "../support/filter-bootstrap.ts";
import { clusterOf, pluginConfig, provider } from "../support/plugin-providers.ts";

const secret = "sk-must-not-be-logged";
const host = "api.example";
const good = provider(host, { settings: { apiKey: secret } });
const { settings, ...unset } = good;

const cases: { name: string; plugin: object | string; says: string }[] = [
  {
    name: "a text that is not JSON",
    plugin: `{"apiKey":"${secret}" "version":1}`,
    says: `byte ${`{"apiKey":"${secret}" `.length}: not a JSON object`,
  },
  { name: "an empty one", plugin: "", says: "it is empty" },
  {
    name: "another version",
    plugin: { ...pluginConfig([good]), version: 2 },
    says: "version: must be 1",
  },
  {
    name: "an unknown member",
    plugin: { ...pluginConfig([good]), key: secret },
    says: "$: unknown member key",
  },
  {
    name: "a provider without a cluster",
    plugin: pluginConfig([{ ...good, clusters: [] }]),
    says: "$.providers[0].clusters: must name at least one cluster",
  },
  {
    name: "two providers with the same cluster",
    plugin: pluginConfig([good, { ...good, name: secret }]),
    says: "$.providers[1].clusters[0]: also leads to another provider",
  },
  {
    name: "a cluster that is both served and unserved",
    plugin: pluginConfig([good], { unservedClusters: [clusterOf(host)] }),
    says: "$.providers[0].clusters[0]: also leads to another provider",
  },
  {
    name: "a string in place of a list",
    plugin: { ...pluginConfig([good]), authorities: secret },
    says: "$.authorities: must be a list",
  },
];

/** The error with which Envoy does not start, including the end of its log. */
async function failureOf(plugin: object | string): Promise<string> {
  const started = startEnvoy({
    config: ({ egress = 0 }) =>
      filterBootstrap({
        plugin,
        upstreams: new Map([[host, egress]]),
        listenPort: egress,
        environmentNames: [],
      }),
  });
  const outcome = await started.then(
    (envoy) => envoy,
    (error: Error) => error.message,
  );
  if (typeof outcome === "string") return outcome;
  await outcome.stop();
  return "";
}

for (const { name, plugin, says } of cases) {
  test(`keeps Envoy from starting: ${name}`, async () => {
    const failure = await failureOf(plugin);
    assert.ok(failure.includes(`llm-egress: plugin configuration refused: ${says}\n`), failure);
    assert.ok(!failure.includes(secret), failure);
  });
}

test("starts with a faulty provider, and only that provider answers 503", async () => {
  const member = { name: "model", override: "no JSON" };
  const faulty = { ...unset, settings: { ...settings, members: [member] } };
  assert.equal(await failureOf(pluginConfig([faulty])), "");
});
