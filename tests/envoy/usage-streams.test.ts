// `usage: Auto` on streams. The client receives every byte from the provider without delay, except
// for the chunk that it has not asked for.
import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { createServer as createHttp2 } from "node:http2";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { after, test } from "node:test";
import { setImmediate as soon, setTimeout as sleep } from "node:timers/promises";
import { type Call, callOf, newCallId } from "../support/calls.ts";
import { type DefineTests, onEachEnvoy } from "../support/each-envoy.ts";
import { eventually, type Gateway } from "../support/gateway.ts";
import { connectRaw, exchangeRaw } from "../support/http.ts";
import { type RawResponse } from "../support/http-response.ts";
import { asksForUsage, pluginConfig, provider } from "../support/plugin-providers.ts";
import { chunk, post } from "../support/requests.ts";
import { startScripted } from "../support/scripted-upstream.ts";
import { cutAt } from "../support/splits.ts";

const http1Host = "http1.example";
const http2Host = "http2.example";
const autoHost = "auto.example";
const offHost = "off.example";

/** How the next answer will be sent. */
interface Plan {
  pieces: Buffer[];
  framing: Framing;
}

const framings = [
  ...(["chunks", "chunks and trailers", "a length", "the connection's end"] as const),
  ...(["HTTP/2", "HTTP/2 with trailers"] as const),
];
type Framing = (typeof framings)[number];

let plan: Plan = { pieces: [], framing: "chunks" };

// Written by hand, as node's server can't send the head separately from the body, or send
// incomplete messages.
const http1 = createServer((socket) => {
  socket.setNoDelay(true).on("error", () => {});
  let request = "";
  socket.on("data", (bytes) => {
    request += bytes.toString("latin1");
    const bodyAt = request.indexOf("\r\n\r\n") + 4;
    const length = Number(/content-length: (\d+)/i.exec(request)?.[1]);
    if (bodyAt < 4 || request.length < bodyAt + length) return;
    request = "";
    void answerHttp1(socket);
  });
});

async function answerHttp1(socket: Socket): Promise<void> {
  const { pieces, framing } = plan;
  const isChunked = framing.startsWith("chunks");
  const length = Buffer.concat(pieces).length;
  const lines: Partial<Record<Framing, string>> = {
    "a length": `content-length: ${length}`,
    "the connection's end": "connection: close",
  };
  const type = "content-type: Text/Event-Stream;charset=utf-8";
  const line = lines[framing] ?? "transfer-encoding: chunked";
  socket.write(`HTTP/1.1 200 OK\r\n${type}\r\n${line}\r\n\r\n`);
  for (const piece of pieces) {
    await soon();
    if (piece.length > 0) socket.write(isChunked ? chunk(piece) : piece);
  }
  // The empty last chunk is sent alone.
  await sleep(5);
  if (isChunked) socket.write(framing === "chunks" ? "0\r\n\r\n" : "0\r\nx-sum: 1\r\n\r\n");
  if (framing === "the connection's end") socket.end();
}

const http2 = createHttp2((_request, response) => {
  const { pieces, framing } = plan;
  response.stream.on("error", () => {});
  void (async () => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    if (framing === "HTTP/2 with trailers") response.addTrailers({ "x-sum": "1" });
    for (const piece of pieces) {
      await soon();
      response.write(piece);
    }
    await sleep(5);
    response.end();
  })();
});

for (const server of [http1, http2]) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
}
after(() => {
  http1.close();
  http2.close();
});
const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

const open: ServerResponse[] = [];
const upstream = await startScripted((response) => void open.push(response));
after(() => upstream.close());

const settings = { members: asksForUsage };
const plugin = pluginConfig([
  provider(http1Host, { settings }),
  provider(http2Host, { settings }),
  provider(autoHost, { settings }),
  provider(offHost),
]);
const options = {
  plugin,
  upstreams: {
    [http1Host]: portOf(http1),
    [http2Host]: portOf(http2),
    [autoHost]: upstream.port,
    [offHost]: upstream.port,
  },
  http2Hosts: [http2Host],
};

const extra =
  'data: {"id":"c","choices":[],"usage":{"prompt_tokens":12,"completion_tokens":34}}\n\n';
const before = [
  ": a comment\n\n",
  'event: x\nid: 1\ndata: {"choices":[{"delta":{"content":"é漢"}}],"usage":null}\n\n',
  'data:{"choices":[{"delta":{"content":"\\"usage\\":{"}}]}\n: within\n\n\n',
  'data: {"id":"c",\ndata: "choices":[{"index":0,"finish_reason":"stop"}]}\n\n',
].join("");
const done = "data: [DONE]\n\n";

/**
 * Streams with the endings that providers send. The client receives what is outside of the
 * brackets.
 */
const endings: Record<string, string> = {
  "with [DONE]": `${before}⟦${extra}⟧${done}`,
  "without [DONE]": `${before}⟦${extra}⟧`,
  "within a last line": `${before}⟦${extra}⟧${done.trimEnd()}`,
  "without a blank line after the usage": `${before}⟦${extra.trimEnd()}⟧`,
  "with one line end after the usage": `${before}⟦${extra.slice(0, -1)}⟧`,
  "within a comment": `${before}⟦${extra}⟧: by`,
  "with a comment after the usage": `${before}⟦${extra}⟧: bye\n\n`,
  "without any usage": before + done,
  "with usage in the last chunk": `${before}data: {"choices":[{}],"usage":{"prompt_tokens":12,"completion_tokens":34}}\n\n`,
};
// With trailers, the filter detects the end of the stream only when it can no longer add to the
// body. It then loses the bytes that it holds of an incomplete event, which readers of streams must
// discard anyway.
const mayLose = (framing: Framing, name: string) =>
  framing.endsWith("trailers") && name === "within a comment";
const lineEnds: Record<string, string> = { LF: "\n", CR: "\r", CRLF: "\r\n" };

interface Streamed {
  answer: RawResponse;
  call: Call;
}

async function stream({ envoy, port }: Gateway, how: Plan): Promise<Streamed> {
  plan = how;
  const id = newCallId();
  const host = how.framing.startsWith("HTTP/2") ? http2Host : http1Host;
  const request = post(host, '{"stream":true}', { headers: [["x-call", id]] });
  const answer = await exchangeRaw(port, [request]);
  return { answer, call: await callOf(envoy, id) };
}

/** Cuts at places that depend on `seed`, and are the same in every run of the test. */
function cut(body: Buffer, seed: number): Buffer[] {
  const places = Array.from(
    { length: 1 + (seed % 12) },
    (_, at) => (seed * 7919 + at * 104_729) >> 2,
  );
  return cutAt(body, places);
}

const runsOf = (framing: Framing) => (framing === "chunks" ? 4 : 2);

const editStreams: DefineTests = (gateway, age) => {
  for (const framing of age === "newest" ? framings : framings.slice(0, 1)) {
    for (const [name, text] of Object.entries(endings)) {
      if (mayLose(framing, name)) continue;
      test(`removes only the extra chunk from a stream that ends ${name}, by ${framing}`, async () => {
        for (const [lineName, lineEnd] of Object.entries(lineEnds)) {
          const sent = Buffer.from(text.replace(/[⟦⟧]/g, "").replaceAll("\n", lineEnd));
          const expected = text.replace(/⟦.*⟧/s, "").replaceAll("\n", lineEnd);
          for (let run = 0; run < runsOf(framing); run++) {
            const { answer, call } = await stream(gateway(), { framing, pieces: cut(sent, run) });
            assert.equal(answer.body.toString(), expected, `${lineName}, run ${run}`);
            assert.ok(answer.complete);
            const tokens = text.includes('"prompt_tokens"') ? ["12", "34"] : ["-", "-"];
            assert.deepEqual([call.prompt, call.completion, call.outcome], [...tokens, "ok"]);
          }
        }
      });
    }
  }
};

const asking = '{"stream":true,"stream_options":{"include_usage":true}}';

/**
 * Sends a stream piece by piece. Waits after each piece until the client has received the expected
 * text.
 */
async function pass(port: number, request: Buffer, pieces: [sent: string, expected: string][]) {
  const client = await connectRaw(port);
  client.send(request);
  await eventually(() => open.length > 0, "the request");
  const response = open.pop()!;
  response.writeHead(200, { "content-type": "text/event-stream" });
  let expected = "";
  for (const [sent, arrives] of pieces) {
    response.write(sent);
    expected += arrives;
    await eventually(() => client.response().body.toString() === expected, JSON.stringify(sent));
  }
  response.end();
  const answer = await client.finished();
  assert.deepEqual([answer.body.toString(), answer.complete], [expected, true]);
  client.close();
}

const passAtOnce: DefineTests = (gateway) => {
  for (const [name, lineEnd] of Object.entries(lineEnds)) {
    test(`forwards each event before the provider sends the next, with ${name}`, async () => {
      const events = (before + extra + done).split(/(?<=\n\n+)(?=[^\n])/);
      const pieces = events.map((event): [string, string] => {
        const sent = event.replaceAll("\n", lineEnd);
        return [sent, event === extra ? "" : sent];
      });
      assert.equal(pieces.length, 6);
      await pass(gateway().port, post(autoHost, '{"stream":true}'), pieces);
    });
  }

  test("forwards an event before its end if it can't be the extra chunk", async () => {
    const pieces: [string, string][] = [
      ['data: {"id":"c","choices":[', ""],
      ['{"delta":', 'data: {"id":"c","choices":[{"delta":'],
      ['{"content":"x', '{"content":"x'],
      ['"}}],"usage":null}\n\ndata: [', '"}}],"usage":null}\n\ndata: ['],
      ["DONE]\n", "DONE]\n"],
      ["\n", "\n"],
    ];
    await pass(gateway().port, post(autoHost, '{"stream":true}'), pieces);
  });

  const whole: Record<string, Buffer> = {
    "under Off": post(offHost, '{"stream":true}'),
    "under Off to a client that asks for usage": post(offHost, asking),
    "to a client that asks for usage": post(autoHost, asking),
  };
  for (const [name, request] of Object.entries(whole)) {
    test(`holds back no byte of a stream ${name}`, async () => {
      const pieces = (before + extra + done).match(/[^]{1,13}/g)!;
      const all = pieces.map((piece): [string, string] => [piece, piece]);
      await pass(gateway().port, request, all);
    });
  }
};

onEachEnvoy("usage of streams", options, editStreams, passAtOnce);
