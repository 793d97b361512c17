// Checks that what both compilers must agree on is declared in contract/, and nowhere else.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { removedHeaders } from "../../contract/edited-headers.ts";
import { filterErrors } from "../../contract/errors.ts";
import type {
  PluginConfig,
  PluginKey,
  PluginKeyServer,
  PluginMember,
  PluginModelMembers,
  PluginModels,
  PluginProvider,
  PluginRoute,
  PluginSettings,
} from "../../contract/plugin-config.ts";
import * as fields from "../../contract/plugin-fields.ts";
import { reservedHeaders } from "../../contract/reserved-headers.ts";
import * as telemetry from "../../contract/telemetry.ts";

// A field that is missing here, or that the type does not have, is a compile error.
type Fields<Type> = Record<keyof Required<Type>, true>;

const config: Fields<PluginConfig> = {
  ...{ version: true, authorities: true, maxSources: true, maxModels: true },
  ...{ keyServer: true, revision: true },
  ...{ unservedClusters: true, endpoints: true, providers: true },
};

it("lists exactly the fields of the plugin configuration's types", () => {
  const keyServer: Fields<PluginKeyServer> = { cluster: true };
  const provider: Fields<PluginProvider> = {
    ...{ name: true, clusters: true, path: true, endpoints: true },
    ...{ removedHeaders: true, setHeaders: true, secretHeaders: true, defaultHeaders: true },
    ...{ route: true, settings: true, routes: true },
  };
  const route: Fields<PluginRoute> = { name: true, virtualServices: true, settings: true };
  const settings: Fields<PluginSettings> = {
    ...{ apiKey: true, apiKeySecretRef: true, apiKeys: true, authHeader: true, authPrefix: true },
    ...{ maxRequestBytes: true },
    ...{ members: true, models: true, modelList: true, modelMembers: true },
  };
  const modelMembers: Fields<PluginModelMembers> = { model: true, members: true };
  const key: Fields<PluginKey> = { apiKey: true, apiKeySecretRef: true };
  const member: Fields<PluginMember> = {
    ...{ name: true, override: true, refuseOther: true, default: true, limit: true },
    ...{ nonNegative: true },
    ...{ remove: true, group: true, stream: true, forStreams: true },
  };
  const models: Fields<PluginModels> = { allow: true, aliases: true };
  assert.deepEqual(fields.configFields, Object.keys(config));
  assert.deepEqual(fields.keyServerFields, Object.keys(keyServer));
  assert.deepEqual(fields.providerFields, Object.keys(provider));
  assert.deepEqual(fields.routeFields, Object.keys(route));
  assert.deepEqual(fields.settingsFields, Object.keys(settings));
  assert.deepEqual(fields.modelMembersFields, Object.keys(modelMembers));
  assert.deepEqual(fields.keyFields, Object.keys(key));
  assert.deepEqual(fields.memberFields, Object.keys(member));
  assert.deepEqual(fields.modelsFields, Object.keys(models));
});

it("has no copy of a header, an error code, a label, a metric or a filter state elsewhere", () => {
  const declared = [
    ...reservedHeaders.filter((name) => name.includes("-")),
    ...removedHeaders.filter((name) => name.includes("-")),
    ...filterErrors.map(({ code }) => code),
    ...Object.values(telemetry).flatMap((value) => (typeof value === "string" ? [value] : [])),
  ];
  // Headers that the filter reads or edits individually are named in that code, and `api-key` is
  // also a query parameter.
  const read = ["api-key", "content-length", "content-type", "content-encoding"];
  const sources = ["assembly", "src"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.startsWith("mock") && !/generated/.test(name))
      .map((name) => join(folder, name)),
  );
  const copies = sources.flatMap((file) => {
    const text = readFileSync(file, "utf8");
    return declared
      .filter((word) => !read.includes(word) && text.includes(`"${word}"`))
      .map((word) => `${file}: ${word}`);
  });
  assert.deepEqual(copies, []);
});
