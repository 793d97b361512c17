// The body that reaches the provider: the filter writes the managed members and the block, and
// every other byte is the client's.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type DefineTests, onEachEnvoy } from "../support/each-envoy.ts";
import { exchangeRaw } from "../support/http.ts";
import { pluginConfig, provider } from "../support/plugin-providers.ts";
import { chunked, echoedBody, echoing, post } from "../support/requests.ts";

const host = "api.example";
const plugin = pluginConfig([
  provider(host, {
    settings: {
      members: [
        { name: "model", override: '"m-1"' },
        { name: "temperature", default: "0.7" },
        { name: "user", remove: true },
        { name: "max_tokens", limit: "100", group: "tokens" },
        { name: "max_completion_tokens", limit: "100", group: "tokens" },
      ],
    },
  }),
  provider("open.example"),
]);
const sizeOfLimits = ',"max_tokens":100,"max_completion_tokens":100'.length;
const noLimits = " ".repeat(sizeOfLimits);
const defaults = `,"model":"m-1","temperature":0.7${noLimits}}`;

interface Case {
  name: string;
  sent: string;
  expected: string;
}

const cases: Case[] = [
  {
    name: "keeps odd whitespace",
    sent: '\r\n\t {\n\t"a" :\r\n[ 1 ,\t2 ] , "b"\t:{ }\n} \r\n\t',
    expected: `\r\n\t {\n\t"a" :\r\n[ 1 ,\t2 ] , "b"\t:{ }\n${defaults} \r\n\t`,
  },
  {
    name: "keeps numbers that do not fit into a double",
    sent: '{"seed":9007199254740993,"a":1e400,"b":-0.0,"c":0.10000000000000000000001,"d":1E+2}',
    expected: `{"seed":9007199254740993,"a":1e400,"b":-0.0,"c":0.10000000000000000000001,"d":1E+2${defaults}`,
  },
  {
    name: "keeps the order of keys, and duplicates of unmanaged keys",
    sent: '{"z":1,"a":2,"z":3,"\\u007a":4}',
    expected: `{"z":1,"a":2,"z":3,"\\u007a":4${defaults}`,
  },
  {
    name: "keeps nested look-alikes of managed members",
    sent: '{"tools":[{"model":"x","user":"y"}],"metadata":{"model":{"max_tokens":5000}}}',
    expected: `{"tools":[{"model":"x","user":"y"}],"metadata":{"model":{"max_tokens":5000}}${defaults}`,
  },
  {
    name: "keeps non-ASCII text, escapes, and look-alikes inside strings",
    sent: '{"a":"é漢😀\\ud83d\\ude00\\u0000\\"model\\":\\"x\\",}\\\\"}',
    expected: `{"a":"é漢😀\\ud83d\\ude00\\u0000\\"model\\":\\"x\\",}\\\\"${defaults}`,
  },
  {
    name: "replaces every copy of a managed key, even escaped or in another case",
    sent: '{"model":"a","mod\\u0065l":"b","MODEL":{"c":[1]},"x":1,"uſer":"d"}',
    expected: `{${" ".repeat('"model":"a","mod\\u0065l":"b","MODEL":{"c":[1]},'.length)}"x":1${" ".repeat(Buffer.byteLength(',"uſer":"d"'))}${defaults}`,
  },
  {
    name: "accepts an explicit null as the client's choice",
    sent: '{"temperature":null,"max_tokens":null}',
    expected: `{"temperature":null,"max_tokens":null,"model":"m-1"${" ".repeat(',"temperature":0.7'.length)}${noLimits}}`,
  },
  {
    name: "clamps values that exceed a limit, and keeps others",
    sent: '{"max_tokens":1e3,"max_completion_tokens":1.00e2}',
    expected: `{${" ".repeat('"max_tokens":1e3,'.length)}"max_completion_tokens":1.00e2,"model":"m-1","temperature":0.7,"max_tokens":100${" ".repeat(',"max_completion_tokens":100'.length)}}`,
  },
  {
    name: "removes members from between others",
    sent: '{"a":1 , "user" : {"b":[2,"}"]} , "c":3}',
    expected: `{"a":1 ${" ".repeat(', "user" : {"b":[2,"}"]}'.length)} , "c":3${defaults}`,
  },
];

const keepBytes: DefineTests = (gateway) => {
  for (const { name, sent, expected } of cases) {
    test(name, async () => {
      const request = post(host, sent, { headers: [echoing] });
      const received = echoedBody(await exchangeRaw(gateway().port, [request]));
      assert.equal(received, expected);
      JSON.parse(received);
    });
    test(`${name}, with each byte in a separate TCP segment and chunk`, async () => {
      const bytes = [...Buffer.from(sent)].map((byte) => Buffer.from([byte]));
      const pieces = chunked(host, bytes, { headers: [echoing] });
      const received = echoedBody(await exchangeRaw(gateway().port, pieces, { pauseMs: 0.2 }));
      assert.equal(received, expected);
    });
  }
};

const readSegments: DefineTests = (gateway) => {
  test("changes only one space if there are no managed members", async () => {
    const sent = '{ "model" : "x", "user":1e400 }\n';
    const request = post("open.example", sent, { headers: [echoing] });
    const answer = await exchangeRaw(gateway().port, [request]);
    assert.equal(echoedBody(answer), '{ "model" : "x", "user":1e400  }\n');
  });

  test("reads a body with a content-length whose segments split keys and escapes", async () => {
    const sent = '{"mod\\u0065l":"a\\ud83d\\ude00","user":"b","max_tokens":5000}';
    const request = post(host, sent, { headers: [echoing] });
    const split = request.length - sent.length;
    const bytes = [...request.subarray(split)].map((byte) => Buffer.from([byte]));
    const segments = [request.subarray(0, split), ...bytes];
    const received = echoedBody(await exchangeRaw(gateway().port, segments, { pauseMs: 1 }));
    assert.equal(received.length, sent.length + defaults.length - 1);
    assert.deepEqual(JSON.parse(received), { model: "m-1", temperature: 0.7, max_tokens: 100 });
  });
};

onEachEnvoy("bodies", { plugin }, keepBytes, readSegments);
