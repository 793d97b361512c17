// The memory that streamed answers use: little while they are open, and none after they have ended.
// The module grows its memory by doubling it, so the limits apply to the memory that it has, not to
// what it uses.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { event, hostOfStreams, openStream, sendPieces } from "../support/open-streams.ts";
import type { WasmHost, WasmStream } from "../support/wasm-host.ts";

const sizeOf = (host: WasmHost) => host.memory.buffer.byteLength;

describe("the memory of open streams", () => {
  it("is at most 1 KB for each of 10,000 open streams, even while some end and others begin", () => {
    const host = hostOfStreams();
    const before = sizeOf(host);
    const open: WasmStream[] = [];
    for (let i = 0; i < 10_000; i++) open.push(openStream(host));
    assert.ok(sizeOf(host) - before <= 10_000 * 1024, `${sizeOf(host)} bytes`);
    for (let i = 0; i < 20_000; i++) {
      open[i % open.length]!.end();
      open[i % open.length] = openStream(host);
    }
    assert.ok(sizeOf(host) - before <= 10_000 * 1024, `${sizeOf(host)} bytes`);
  });
});

describe("the memory of streams", () => {
  it("does not grow with their number", () => {
    const host = hostOfStreams();
    const run = (count: number) => {
      for (let i = 0; i < count; i++) openStream(host).end();
    };
    run(2_000);
    const before = sizeOf(host);
    run(20_000);
    assert.equal(sizeOf(host), before);
  });

  const cuts: Record<string, readonly string[]> = {
    "whole events": [event],
    "events that are cut before the filter can classify them": [
      event.slice(0, 100),
      event.slice(100),
    ],
    "single bytes": event.split(""),
  };
  for (const [name, pieces] of Object.entries(cuts)) {
    it(`does not grow while one of them continues, in ${name}`, () => {
      const host = hostOfStreams();
      const stream = openStream(host);
      sendPieces(stream, pieces);
      const before = sizeOf(host);
      for (let sent = 0; sent < 200_000; sent += pieces.length) sendPieces(stream, pieces);
      assert.equal(sizeOf(host), before);
    });
  }
});
