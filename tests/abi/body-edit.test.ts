// The body edit of the built module. Each body is split at every offset and into single bytes, and
// the result is compared with the reference edit of the whole body.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { PluginMember, PluginModels } from "../../contract/plugin-config.ts";
import { hostOf, send } from "../support/filter-host.ts";
import { referenceEdit } from "../support/reference-edit.ts";
import { everySplit, singleBytes } from "../support/splits.ts";

const models: PluginModels = { aliases: { fast: "qwen-turbo", "wei\u00df": 'qwen-"x"' } };
const group = { group: "max_tokens" };
const plans: Record<string, { members: PluginMember[]; models?: PluginModels }> = {
  "no members": { members: [] },
  "the seed's": {
    members: [
      { name: "model", override: '"qwen-1.8b-chat"' },
      { name: "stream", override: "false" },
      { name: "stream_options", remove: true },
    ],
  },
  "one of each": {
    members: [
      { name: "temperature", default: "0.70" },
      { name: "max_tokens", default: "64", limit: "100", ...group },
      { name: "max_completion_tokens", limit: "100", ...group },
      { name: "logit_bias", remove: true },
      { name: "seed", override: "9007199254740993" },
    ],
  },
  "only removed": {
    members: [
      { name: "a", remove: true },
      { name: "model", remove: true },
    ],
  },
  aliases: { members: [{ name: "model", default: '"qwen-max"' }], models },
};

const bodies = [
  "{}",
  " {\n} \n",
  '{"messages":[{"role":"user","content":"hi"}]}',
  '{"model":"gpt-4"}',
  '{"model":"gpt-4","a":1}',
  '{"a":1,"model":"gpt-4"}',
  '{"a":1,"model":"fast","b":[1,{"model":"x"},"}"]}',
  '{"model":"a","model":"b","a":0,"stream":true,"stream":null}'.replace('"model":"a",', ""),
  '{"mod\\u0065l":"gpt-4","MODEL2":1,"\\u0073tream":true,"strea\\u006D_options":{"include_usage":true}}',
  '{"\u212a":1,"\u017ftream":true,"Stream_Options":[],"se\\u0065d":1.5e+300}',
  '{"stream_option":{},"stream_optionsx":[[]],"modelx":"","mode":"\\"","":null}',
  '{"metadata":{"model":"x","stream":true},"tools":[{"function":{"parameters":{"properties":{"model":{}}}}}]}',
  '{"seed":9007199254740993,"temperature":1.0,"n":0.10e-7,"logit_bias":{"50256":-100}}',
  '{ "a" : 1 , "model" : "gpt-4" , "temperature" : null , "b" : false }',
  '{\t"max_tokens"\n:\r 99 ,"max_completion_tokens": 100}',
  '{"max_tokens":100.00000000000000000001,"a":"x"}',
  '{"max_completion_tokens":1e3}',
  '{"max_tokens":-5,"max_completion_tokens":101,"logit_bias":"\\\\"}',
  '{"max_tokens":null}',
  '{"model":"wei\\u00df","x":"\\ud83d\\ude00"}',
  '{"model":"wei\u00df","x":"\u4f60\u597d, \ud83d\ude00 \\/"}',
  '{"a":true,"b":false,"c":null,"d":-0,"e":0.5,"f":[],"g":{},"h":[[[{"a":[]}]]]}',
];

for (const [name, plan] of Object.entries(plans)) {
  describe(`the body edit with ${name}`, () => {
    const host = hostOf({ members: plan.members, ...(plan.models && { models: plan.models }) });
    for (const body of bodies) {
      it(`forwards ${body} in the same form, no matter how it is split`, () => {
        const bytes = Buffer.from(body);
        const expected = Buffer.from(
          referenceEdit(bytes.toString("latin1"), plan.members, plan.models),
          "latin1",
        ).toString();
        JSON.parse(expected);
        for (const chunks of [...everySplit(bytes), singleBytes(bytes)]) {
          for (const headers of [{}, { "content-length": String(bytes.length) }]) {
            const stream = send(host, { headers, chunks });
            stream.end();
            assert.equal(stream.refusal, "");
            assert.equal(stream.forwardedText, expected);
          }
        }
      });
    }
  });
}
