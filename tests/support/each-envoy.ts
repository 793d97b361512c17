// Runs the same tests on the newest pinned Envoy and on an older minor version.
import { after, before, describe } from "node:test";
import { type Gateway, type GatewayOptions, startGateway } from "./gateway.ts";

// Undefined means the default of `startEnvoy`. $ENVOY_TEST_VERSION restricts the tests to one
// version.
const versions: (string | undefined)[] =
  process.env["ENVOY_TEST_VERSION"] === undefined ? [undefined, "1.36.4"] : [undefined];

export type Age = "newest" | "older";

/**
 * Defines tests. The gateway exists when the tests run. A group may leave out slow tests on the
 * older Envoy.
 */
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
