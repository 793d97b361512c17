// Calls that the client or the provider aborts at any stage. Each is counted once, with the tokens
// that the provider has reported until then.
import type { ServerResponse } from "node:http";
import { connect, constants } from "node:http2";
import { after, test } from "node:test";
import { type DefineTests, onEachEnvoy } from "../support/each-envoy.ts";
import {
  assertEachCounted,
  assertEnded,
  type CallHeader,
  endCall,
} from "../support/ended-calls.ts";
import { eventually } from "../support/gateway.ts";
import { connectRaw } from "../support/http.ts";
import { asksForUsage, pluginConfig, provider } from "../support/plugin-providers.ts";
import { post } from "../support/requests.ts";
import { startScripted } from "../support/scripted-upstream.ts";

const host = "api.example";
const arrived: ServerResponse[] = [];
const upstream = await startScripted((response) => void arrived.push(response));
after(() => upstream.close());
const plugin = pluginConfig([provider(host, { settings: { members: asksForUsage } })]);
const options = { plugin, upstreams: { [host]: upstream.port } };

const streaming = '{"stream":true}';
const first = 'data: {"choices":[{"delta":{"content":"x"}}]}\n\n';
const usage = 'data: {"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":6}}\n\n';
const eventStream = { "content-type": "text/event-stream" };
const json = { "content-type": "application/json", "content-length": 100 };

/**
 * How much of an answer is sent before one side leaves, and the tokens of the call at that time.
 */
interface Stage {
  begin: (response: ServerResponse) => void;
  /** A text that the client has received at this stage. */
  shows: string;
  code: string;
  tokens?: [string, string];
}

const stages: Record<string, Stage> = {
  "before the answer": { begin: () => {}, shows: "", code: "0" },
  "after the answer's headers": {
    begin: (response) => response.writeHead(200, eventStream).flushHeaders(),
    shows: "200 OK",
    code: "200",
  },
  "in the middle of a stream": {
    begin: (response) => response.writeHead(200, eventStream).write(first),
    shows: first,
    code: "200",
  },
  "just before the usage": {
    begin: (response) => response.writeHead(200, eventStream).write(first + usage.slice(0, 20)),
    shows: first,
    code: "200",
  },
  "in the middle of JSON": {
    begin: (response) => response.writeHead(200, json).write('{"choices":[{}],"us'),
    shows: '"us',
    code: "200",
  },
  "after the usage": {
    begin: (response) =>
      response.writeHead(200, eventStream).write(`${first}${usage}: still here\n\n`),
    shows: "still here",
    code: "200",
    tokens: ["5", "6"],
  },
};

async function arrival(): Promise<ServerResponse> {
  await eventually(() => arrived.length > 0, "the request");
  return arrived.pop()!;
}

/** Makes a request over HTTP/1.1, and resolves when the answer has reached the stage. */
async function beginHttp1(port: number, id: CallHeader, { begin, shows }: Stage) {
  const client = await connectRaw(port);
  client.send(post(host, streaming, { headers: [id] }));
  const response = await arrival();
  begin(response);
  await eventually(() => client.received().includes(shows), shows);
  return { client, response };
}

/** Does the same over HTTP/2. */
async function beginHttp2(port: number, [name, id]: CallHeader, { begin, shows }: Stage) {
  const session = connect(`http://127.0.0.1:${port}`);
  const pseudo = { ":method": "POST", ":path": "/v1/chat/completions", ":authority": host };
  const stream = session.request({ ...pseudo, [name]: id });
  let received = "";
  stream.on("error", () => {});
  stream.on("response", (headers) => (received += `${headers[":status"]} OK`));
  stream.on("data", (chunk: Buffer) => (received += chunk.toString()));
  stream.end(streaming);
  const response = await arrival();
  begin(response);
  await eventually(() => received.includes(shows), shows);
  return { session, stream, response };
}

const clientsLeave: DefineTests = (gateway) => {
  for (const [name, stage] of Object.entries(stages)) {
    const expected = { outcome: "client_closed", ...stage };

    test(`counts a client that leaves ${name} as client_closed`, async () => {
      const { envoy, port } = gateway();
      const ended = await endCall(envoy, async (id) => {
        const { client, response } = await beginHttp1(port, id, stage);
        client.close();
        return () => response.destroy();
      });
      assertEnded(ended, expected);
    });

    test(`counts an HTTP/2 stream that is reset ${name} as client_closed`, async () => {
      const { envoy, port } = gateway();
      const ended = await endCall(envoy, async (id) => {
        const { session, stream } = await beginHttp2(port, id, stage);
        stream.close(constants.NGHTTP2_CANCEL);
        return () => session.destroy();
      });
      assertEnded(ended, expected);
    });
  }

  test("counts a client that leaves during its own body as client_closed", async () => {
    const { envoy, port } = gateway();
    const ended = await endCall(envoy, async (id) => {
      const client = await connectRaw(port);
      client.send(post(host, streaming, { headers: [id] }).subarray(0, -3));
      const isOpen = async () => (await envoy.stats("http.egress.downstream_rq_active")) === 1;
      await eventually(isOpen, "the request");
      client.close();
      return () => {};
    });
    assertEnded(ended, { outcome: "client_closed", code: "0" });
  });
};

const providersLeave: DefineTests = (gateway) => {
  for (const [name, stage] of Object.entries(stages)) {
    const answered = { outcome: "provider_closed", ...stage };
    const expected = stage.code === "0" ? { outcome: "gateway_error", code: "503" } : answered;

    test(`counts a provider that leaves ${name} as ${expected.outcome}`, async () => {
      const { envoy, port } = gateway();
      const ended = await endCall(envoy, async (id) => {
        const { client, response } = await beginHttp1(port, id, stage);
        response.destroy();
        return () => client.close();
      });
      assertEnded(ended, expected);
    });
  }
};

const countEach: DefineTests = (gateway) => {
  test("counts each of these requests once", () => assertEachCounted(gateway().envoy, 19));
};

onEachEnvoy("departures", options, clientsLeave, providersLeave, countEach);
