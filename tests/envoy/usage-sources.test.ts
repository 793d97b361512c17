// Tokens by caller. Callers are distinguished by their certificates, up to the configured number.
import assert from "node:assert/strict";
import { request } from "node:https";
import { test } from "node:test";
import { text } from "node:stream/consumers";
import { callOf, countedSince, countersOf, newCallId } from "../support/calls.ts";
import { type Certificate, selfSigned } from "../support/certificate.ts";
import { type DefineTests, onEachEnvoy } from "../support/each-envoy.ts";
import type { Gateway } from "../support/gateway.ts";
import { pluginConfig, provider } from "../support/plugin-providers.ts";

const host = "api.example";
const plugin = pluginConfig([provider(host)], { maxSources: 3 });
const options = { plugin, tls: selfSigned("gateway.example") };

const caller = (uri: string) => selfSigned("caller", `URI:${uri}`);
const app = caller("spiffe://cluster.local/ns/default/sa/app");
const sleep = caller("spiffe://other.domain/ns/default/sa/sleep");
const strange = caller("spiffe://cluster.local/ns/a;.;b=/sa/x%20 y");
const late = caller("spiffe://cluster.local/ns/default/sa/late");
const nameless = selfSigned("caller");

/** Makes one call with a client certificate, and resolves with the source in the counters. */
async function sourceOf({ envoy, port }: Gateway, certificate?: Certificate) {
  const before = await countersOf(envoy);
  const id = newCallId();
  const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "a b" }] });
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const outgoing = request(
      {
        port,
        host: "127.0.0.1",
        method: "POST",
        path: "/v1/chat/completions",
        headers: { host, "x-call": id },
        rejectUnauthorized: false,
        agent: false,
        ...certificate,
      },
      (response) => void text(response).then(() => resolve(response.statusCode), reject),
    );
    outgoing.on("error", reject).end(body);
  });
  assert.equal(status, 200);
  const { prompt } = await callOf(envoy, id);
  assert.equal(prompt, "5");
  const counters = countedSince(before, await countersOf(envoy));
  const labels = new Set(counters.map((counter) => counter.labels["source"]));
  assert.equal(labels.size, 1);
  return [...labels][0];
}

const tellApart: DefineTests = (gateway) => {
  test("counts callers separately, up to the configured number", async () => {
    assert.equal(await sourceOf(gateway(), app), "default/app");
    assert.equal(await sourceOf(gateway(), sleep), "default/sleep");
    assert.equal(await sourceOf(gateway(), strange), "a%3B.%3Bb%3D/x%2520%20y");
    assert.equal(await sourceOf(gateway(), late), "other");
    assert.equal(await sourceOf(gateway(), app), "default/app");
  });

  test("counts a caller without a certificate, or without a URI in it, as unknown", async () => {
    assert.equal(await sourceOf(gateway(), nameless), "unknown");
    assert.equal(await sourceOf(gateway()), "unknown");
  });
};

onEachEnvoy("sources", options, tellApart);
