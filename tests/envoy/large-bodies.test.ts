// Bodies that are too large to buffer pass in constant memory.
import assert from "node:assert/strict";
import { test } from "node:test";
import { onEachEnvoy } from "../support/each-envoy.ts";
import type { Gateway } from "../support/gateway.ts";
import { pluginConfig, provider } from "../support/plugin-providers.ts";
import { echoedHeader, echoOf } from "../support/requests.ts";
import {
  digestOf,
  type SizedBodies,
  sizedBodies,
  sizedBodyMembers,
} from "../support/sized-body.ts";
import { announcesLength, uploadWays } from "../support/uploads.ts";

const host = "api.example";
const largeBytes = 100_000_000;
const warmUpBytes = 5_000_000;
const maxGrowthBytes = 8_000_000;
const samplePeriodMs = 5;

/** The highest memory use of Envoy while `during` runs. */
async function peakBytes({ envoy }: Gateway, during: () => Promise<void>): Promise<number> {
  let peak = envoy.memoryBytes();
  const sampler = setInterval(() => {
    peak = Math.max(peak, envoy.memoryBytes());
  }, samplePeriodMs);
  await during();
  clearInterval(sampler);
  return Math.max(peak, envoy.memoryBytes());
}

async function upload(way: string, port: number, { sent, edited }: SizedBodies): Promise<string> {
  const headers = { "x-mock-echo": "digest" };
  const request = { host, bytes: sent.bytes, pieces: sent, headers };
  const echo = echoOf(await uploadWays[way]!(port, request));
  assert.equal(echo.bodyBytes, edited.bytes);
  const length = announcesLength(way) ? [String(edited.bytes)] : [];
  assert.deepEqual(echoedHeader(echo, "content-length"), length);
  return echo.bodySha256;
}

const plugin = pluginConfig([provider(host, { settings: { members: sizedBodyMembers } })]);
const large = sizedBodies(largeBytes);
const digest = digestOf(large.edited);

const olderWays = ["HTTP/1.1 with content-length", "HTTP/2 without content-length"];

onEachEnvoy("large bodies", { plugin }, (gateway, age) => {
  const ways = Object.keys(uploadWays).filter((way) => age === "newest" || olderWays.includes(way));
  for (const way of ways) {
    test(`edits 100 MB in constant memory over ${way}`, async (context) => {
      const { envoy, port } = gateway();
      await upload(way, port, sizedBodies(warmUpBytes));
      const memoryBefore = envoy.memoryBytes();
      let received = "";
      const peak = await peakBytes(gateway(), async () => {
        received = await upload(way, port, large);
      });
      assert.equal(received, digest);
      const growth = peak - memoryBefore;
      context.diagnostic(`Envoy's memory grew by ${(growth / 1e6).toFixed(1)} MB`);
      assert.ok(growth < maxGrowthBytes, `${growth} bytes`);
    });
  }
});
