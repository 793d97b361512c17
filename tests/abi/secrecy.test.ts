// No log line of the filter contains a key, a value of the configuration, the value of a header or
// a part of a body.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { configOf, KEY, send, settings } from "../support/filter-host.ts";
import { WasmHost } from "../support/wasm-host.ts";

const MARK = "s3cr3t";

// Log lines may contain the names of members, providers and routes. Every value below contains a
// marker.
const text = fc
  .string({ unit: "grapheme", maxLength: 6 })
  .map((some) => some.replaceAll(/[{}]/g, "") + MARK);
const value: fc.Arbitrary<unknown> = fc.oneof(
  text,
  fc.constantFrom(`${MARK}\n${MARK}`, `\${${MARK} }`, `{"${MARK}":1}`, `1,"${MARK}":2`, `/${MARK}`),
  fc.constantFrom(1, null, true, [MARK], [[MARK]], { name: MARK }, [{ name: MARK }]),
);

function recordOf(keys: string[]): fc.Arbitrary<Record<string, unknown>> {
  const members = Object.fromEntries(keys.map((key) => [key, value]));
  return fc.record(members, { requiredKeys: [] });
}

const member = recordOf(["name", "override", "default", "limit", "remove", "group"]);
const someSettings = fc
  .tuple(
    recordOf(["apiKey", "authHeader", "authPrefix", "maxRequestBytes", "members", "models"]),
    fc.option(fc.array(member, { maxLength: 3 }), { nil: undefined }),
    fc.option(recordOf(["allow", "aliases"]), { nil: undefined }),
    fc.boolean(),
  )
  .map(([some, members, models, isSound]) => ({
    ...(isSound ? settings({ apiKey: `${MARK}-key` }) : {}),
    ...some,
    ...(members && { members }),
    ...(models && { models }),
  }));
const provider = fc
  .tuple(recordOf(["path", "settings", "routes"]), someSettings, someSettings)
  .map(([some, own, routes]) => ({
    ...{
      name: "ns/p",
      clusters: ["c"],
      path: `/${MARK}`,
      settings: own,
      routes: [{ name: "r", settings: routes }],
    },
    ...some,
  }));
const config = fc
  .tuple(recordOf(["authorities", "unservedClusters", "providers"]), fc.array(provider))
  .map(([some, providers]) => ({ ...configOf(), providers, ...some }));

function assertSecret(host: WasmHost, secret: string, what: string): void {
  for (const line of host.logs) assert.ok(!line.includes(secret), `${line}\n${what}`);
}

describe("no log line about a configuration", () => {
  it("contains any of its values, no matter what is wrong with it", () => {
    let logged = 0;
    fc.assert(
      fc.property(config, (some) => {
        const host = new WasmHost({ config: JSON.stringify(some) });
        logged += host.logs.length;
        assertSecret(host, MARK, JSON.stringify(some));
      }),
      { numRuns: 3000 },
    );
    assert.ok(logged > 1000, `only ${logged} lines`);
  });

  it("contains its text if it is not valid JSON", () => {
    const whole = JSON.stringify(configOf({ apiKey: MARK, authPrefix: MARK }));
    fc.assert(
      fc.property(fc.nat(whole.length), fc.nat(4), (at, removed) => {
        const broken = whole.slice(0, at) + whole.slice(at + removed);
        const host = new WasmHost({ config: broken });
        // If a member has lost its name, its value becomes the name of an unknown member, which the
        // log line contains.
        if (broken.includes(`:"${MARK}"`)) assertSecret(host, MARK, broken);
      }),
    );
  });
});

describe("no log line", () => {
  it("contains a key from the environment, even if the key can't be sent", () => {
    for (const key of [KEY, `${KEY}\n${KEY}`, `\u00e9${KEY}`]) {
      const host = new WasmHost({ config: configOf(), env: { API_KEY: key } });
      send(host, { headers: { "x-key": key } });
      assertSecret(host, KEY, "");
    }
  });

  it("contains any part of a request or its answer, refused or not, misrouted or not", () => {
    const host = new WasmHost({ config: configOf(), env: { API_KEY: KEY } });
    for (const chunks of [[`{"a":"${MARK}"}`], [`{"${MARK}":`], [MARK]]) {
      const headers = { authorization: MARK, "x-a": MARK, ":path": `/?key=${MARK}&a=${MARK}` };
      const stream = send(host, { headers, chunks });
      stream.properties.set("xds\0cluster_name", "elsewhere");
      stream.response([
        [":status", "200"],
        ["x-a", MARK],
        ["x-b", KEY],
      ]);
      stream.end();
    }
    assert.ok(host.logs.length > 0);
    assertSecret(host, MARK, "");
    assertSecret(host, KEY, "");
  });
});
