import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultEnvoyVersion } from "../../src/cli/envoy-pins.ts";
import { composeFile } from "../compose/rig/example.ts";

test("examples/docker-compose uses the Envoy that the project is tested with", () => {
  const { image } = composeFile().services.gateway;
  assert.equal(image, `envoyproxy/envoy:distroless-v${defaultEnvoyVersion}`);
});
