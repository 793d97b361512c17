// What the gateway refuses has not run, even if the provider runs a request at its closing brace.
// And what it accepts does run, however the end of its body arrives.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type EagerProvider, startEager, startEagerGo } from "../support/eager-provider.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { exchangeH2 } from "../support/h2c.ts";
import { exchangeRaw } from "../support/http.ts";
import { pluginConfig, provider } from "../support/plugin-providers.ts";
import { hasProgram } from "../support/programs.ts";
import { chunk, chunked, head, post } from "../support/requests.ts";

const host = "api.example";
const plugin = pluginConfig([
  provider(host, { settings: { members: [{ name: "top_k", remove: true }], maxRequestBytes: 40 } }),
]);

// Each can be read as an object before its end.
const refused: Record<string, string> = {
  "garbage after the object": '400 {"a":{"b":"}"}} x',
  "garbage after whitespace": '400 {"a":1}\n\n\t x',
  "a second object": '400 {"a":1}{"a":2}',
  "a second closing brace": '400 {"a":1}}',
  "a NUL after the object": '400 {"a":1}\0',
  "more whitespace than the body may have": `413 {"a":1}${" ".repeat(40)}`,
};
const accepted = ['{"a":1}', '{"a":{"b":"}"}}', '{"a":1} \r\n\t ', '{"top_k":{}}'];

const h2 = { ":path": "/v1/chat/completions", ":authority": host };
const trailers = { "x-sum": "1" };
const encoding: [string, string][] = [["transfer-encoding", "chunked"]];

type Send = (port: number, pieces: Buffer[]) => Promise<{ status: number; body: Buffer }>;

const ways: Record<string, Send> = {
  "HTTP/1.1 with content-length": (port, pieces) => {
    const whole = post(host, Buffer.concat(pieces));
    const end = whole.length - Buffer.concat(pieces).length;
    const segments = pieces.filter(({ length }) => length > 0);
    return exchangeRaw(port, [whole.subarray(0, end), ...segments], { pauseMs: 2 });
  },
  "HTTP/1.1 in chunks": (port, pieces) => {
    const segments = pieces.filter(({ length }) => length > 0);
    return exchangeRaw(port, chunked(host, segments), { pauseMs: 2 });
  },
  "HTTP/1.1 with trailers": (port, pieces) => {
    const segments = pieces.filter(({ length }) => length > 0).map(chunk);
    const end = "0\r\nx-sum: 1\r\n\r\n";
    return exchangeRaw(port, [head(host, { headers: encoding }), ...segments, end], { pauseMs: 2 });
  },
  "HTTP/2": (port, pieces) => exchangeH2(port, { headers: h2, pieces, pauseMs: 2 }),
  "HTTP/2 with content-length": (port, pieces) => {
    const length = { "content-length": Buffer.concat(pieces).length };
    return exchangeH2(port, { headers: { ...h2, ...length }, pieces, pauseMs: 2 });
  },
  "HTTP/2 with trailers": (port, pieces) =>
    exchangeH2(port, { headers: h2, pieces, trailers, pauseMs: 2 }),
  "HTTP/2 with content-length and trailers": (port, pieces) => {
    const length = { "content-length": Buffer.concat(pieces).length };
    return exchangeH2(port, { headers: { ...h2, ...length }, pieces, trailers, pauseMs: 2 });
  },
};

// The body cut in two at every place after its first brace.
function cuts(body: string): Buffer[][] {
  const bytes = Buffer.from(body);
  return [...bytes.keys()]
    .slice(1)
    .map((at) => [bytes.subarray(0, at), bytes.subarray(at)])
    .concat([[bytes], Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))]);
}

function describeOn(name: string, start: () => Promise<EagerProvider>, version?: string): void {
  describe(`a provider that ${name}, Envoy ${version ?? "by default"}`, () => {
    let [eager, gateway]: [EagerProvider?, Gateway?] = [];
    before(async () => {
      eager = await start();
      gateway = await startGateway({ plugin, upstreams: { [host]: eager.port }, version });
    });
    after(async () => {
      await gateway?.close();
      await eager?.close();
    });

    for (const [way, send] of Object.entries(ways)) {
      defineTests(
        way,
        (pieces) => send(gateway!.port, pieces),
        () => eager!.runs(),
      );
    }
  });
}

function defineTests(
  way: string,
  send: (pieces: Buffer[]) => ReturnType<Send>,
  countRuns: () => Promise<number>,
): void {
  for (const [kind, text] of Object.entries(refused)) {
    test(`does not run ${kind} over ${way}`, async () => {
      const status = Number(text.slice(0, 3));
      const runs = await countRuns();
      for (const answer of await Promise.all(cuts(text.slice(4)).map(send))) {
        assert.equal(answer.status, status, answer.body.toString());
      }
      await sleep(20);
      assert.equal(await countRuns(), runs);
    });
  }

  test(`runs what is accepted over ${way}`, async () => {
    for (const body of accepted) {
      const runs = await countRuns();
      const answers = await Promise.all(cuts(body).map(send));
      const ran = answers.filter(({ status }) => status === 200);
      // Before trailers, a body without a length may be refused if it comes in pieces.
      if (!/ with trailers$/.test(way)) assert.equal(ran.length, answers.length);
      assert.equal(answers.at(-2)?.status, 200);
      for (const answer of ran) {
        const kept: unknown = JSON.parse(body.replace('"top_k":{}', ""));
        assert.deepEqual(JSON.parse(answer.body.toString()), kept);
      }
      assert.equal(await countRuns(), runs + ran.length);
    }
  });
}

for (const version of process.env["ENVOY_TEST_VERSION"] === undefined
  ? [undefined, "1.36.4"]
  : [undefined]) {
  describeOn("parses each chunk", startEager, version);
}
if (hasProgram("go")) describeOn("decodes as it reads, in Go", startEagerGo);
else test("a provider that decodes as it reads, in Go", { skip: "go is not on PATH" }, () => {});
