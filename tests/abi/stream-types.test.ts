// Streamed answers that do not have the type of one: the first line shows what they are.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { chatChunk, sse, usageChunk } from "../support/answers.ts";
import { hostOf, send } from "../support/filter-host.ts";
import { asksForUsage } from "../support/plugin-providers.ts";
import { referenceStream } from "../support/reference-stream.ts";
import { everySplit } from "../support/splits.ts";
import type { WasmStream } from "../support/wasm-host.ts";

const auto = hostOf({ members: asksForUsage });
const usage = { prompt_tokens: 19, completion_tokens: 10, total_tokens: 29 };
const text = sse(chatChunk("Hi", null), usageChunk(usage), chatChunk("!", null), "[DONE]");

describe("a stream without the type of one", () => {
  const types = ["text/plain; charset=utf-8", "application/octet-stream", undefined];
  function streamedAs(type: string | undefined, chunks: readonly Buffer[]): WasmStream {
    const answered = send(auto, { chunks: ['{"stream":true}'] });
    const headers: [string, string][] = [[":status", "200"]];
    if (type !== undefined) headers.push(["content-type", type]);
    answered.response(headers);
    for (const [index, chunk] of chunks.entries()) {
      answered.responseBody(chunk, index === chunks.length - 1);
    }
    answered.end();
    return answered;
  }

  for (const type of types) {
    it(`is read by its first line: ${type ?? "no type"}`, () => {
      for (const before of ["", ": comment\n\n", "\n", "\ufeff", "event: x\n", "id: 1\r\n"]) {
        const sent = before + text;
        for (const chunks of everySplit(Buffer.from(sent))) {
          const answered = streamedAs(type, chunks);
          assert.equal(answered.returnedText, referenceStream(sent).kept.join(""));
          assert.equal(answered.filterState.get("asm.llmproxy.request_prompt_tokens"), "19");
        }
      }
    });

    it(`is left alone if its first line is of another kind: ${type ?? "no type"}`, () => {
      for (const before of ["{", "data", "datum: ", "eventually: ", "\n\n# data: ", "\0data: "]) {
        const sent = before + JSON.stringify(usageChunk(usage)) + "\n" + text;
        for (const chunks of everySplit(Buffer.from(sent))) {
          const answered = streamedAs(type, chunks);
          assert.equal(answered.returnedText, sent);
          assert.equal(answered.filterState.get("asm.llmproxy.request_prompt_tokens"), undefined);
        }
      }
    });
  }
});
