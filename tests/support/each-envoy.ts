// Runs the same tests on the newest pinned Envoy and on an older minor.
import { after, before, describe } from "node:test";
import { type Gateway, type GatewayOptions, startGateway } from "./gateway.ts";

// Undefined: whatever `startEnvoy` takes. $ENVOY_TEST_VERSION asks for that one alone.
const versions: (string | undefined)[] =
  process.env["ENVOY_TEST_VERSION"] === undefined ? [undefined, "1.36.4"] : [undefined];

export type Age = "newest" | "older";

/** Defines tests; the gateway is there once they run. On the older Envoy a group may leave out what takes long. */
export type DefineTests = (gateway: () => Gateway, age: Age) => void;

/** Describes `groups` of tests once for each Envoy version, with one gateway for all of them. */
export function onEachEnvoy(
  title: string,
  options: GatewayOptions,
  ...groups: DefineTests[]
): void {
  for (const version of versions) {
    describe(`${title}, Envoy ${version ?? "by default"}`, () => {
      let gateway: Gateway;
      before(async () => {
        gateway = await startGateway({ ...options, version });
      });
      after(() => gateway.close());
      const age = version === undefined ? "newest" : "older";
      for (const define of groups) define(() => gateway, age);
    });
  }
}
