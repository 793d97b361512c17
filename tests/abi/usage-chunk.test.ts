// A usage chunk that has more than the usage, and is not JSON: it is not edited, and no memory after
// it is written to.
import assert from "node:assert/strict";
import { it } from "node:test";
import { hostOf, send } from "../support/filter-host.ts";
import { asksForUsage } from "../support/plugin-providers.ts";
import { everySplit } from "../support/splits.ts";

const usage = { prompt_tokens: 19, completion_tokens: 2, total_tokens: 21, cost: "1".repeat(20) };
const start = `data: {"timings":{},"usage":${JSON.stringify(usage)},"choices":`;
// Without the end of a line or of an array.
const comment = Buffer.from(`:${"x".repeat(64_000)}`);

for (const end of ["]", "]\n\n", "5}", "[", '"n"}']) {
  it(`a usage chunk with choices of ${JSON.stringify(end)} is kept unchanged`, () => {
    const host = hostOf({ members: asksForUsage });
    const sent = Buffer.from(start + end);
    for (const pieces of everySplit(sent)) {
      const stream = send(host, { chunks: ['{"stream":true}'] });
      stream.response([
        [":status", "200"],
        ["content-type", "text/event-stream"],
      ]);
      for (const piece of [comment, Buffer.from("\n\n"), ...pieces]) stream.responseBody(piece);
      stream.responseBody("", true);
      stream.end();
      assert.ok(stream.returnedText.endsWith(`\n\n${sent.toString()}`), `${pieces[0]?.length}`);
    }
  });
}
