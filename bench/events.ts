// Measures Envoy's CPU time per event of a streamed answer through the quickstart's listener, with
// and without the filter, in turn. The provider sends the next event of each stream after all
// clients have received the previous one, so that Envoy reads and forwards each event separately.
//
//   npm run bench:events [-- ROUNDS]
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { chunk, post } from "../tests/support/requests.ts";
import { cpuMicroseconds, startGateways } from "./envoys.ts";
import { median } from "./median.ts";

const rounds = Number(process.argv[2] ?? 15);
const streams = 100;
const eventsPerStream = 400;
// Only events have this character.
const mark = "~";
const event = chunk(
  'data: {"id":"chatcmpl-2b73248a1e57414d9d811e5f74d969a9","object":"chat.completion.chunk","created":1795447077,' +
    `"model":"qwen-1.8b-chat","choices":[{"index":0,"delta":{"content":" hello${mark}"},"logprobs":null,"finish_reason":null}],"usage":null}\n\n`,
);
const body = '{"messages":[{"role":"user","content":"hi"}],"stream":true}';
const request = post("dashscope.aliyuncs.com", body);
const head =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

let answers: Socket[] = [];
let received = 0;
let onReceived = () => {};

const provider = createServer((socket) => {
  socket.setNoDelay(true).on("error", () => {});
  let text = "";
  socket.on("data", (bytes) => {
    text += bytes.toString("latin1");
    if (/"stream":true[^]*}$/.test(text)) answers.push(socket);
  });
});
provider.listen(0, "127.0.0.1");
await once(provider, "listening");
const { port } = provider.address() as AddressInfo;
const gateways = await startGateways({ provider: port, streams: true });

const without: number[] = [];
const withFilter: number[] = [];
await cpuPerEvent(gateways.withFilter);
for (let round = 0; round < rounds; round++) {
  without.push(await cpuPerEvent(gateways.withoutFilter));
  withFilter.push(await cpuPerEvent(gateways.withFilter));
}
const added = withFilter.map((value, round) => value - without[round]!);
const figures = [without, withFilter, added].map((values) => median(values).toFixed(1));
console.log(`events of ${event.length} bytes, ${streams} streams, ${rounds} rounds`);
console.log(`without ${figures[0]} µs  with ${figures[1]} µs  added ${figures[2]} µs per event`);
await gateways.stop();
provider.close();

async function cpuPerEvent(gateway: number): Promise<number> {
  answers = [];
  const clients = Array.from({ length: streams }, () => openClient(gateway));
  while (answers.length < streams) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const answer of answers) answer.write(head);
  await sendOne();
  const before = cpuMicroseconds(gateways.pid);
  for (let sent = 0; sent < eventsPerStream; sent++) await sendOne();
  const used = cpuMicroseconds(gateways.pid) - before;
  for (const socket of [...clients, ...answers]) socket.destroy();
  return used / (streams * eventsPerStream);
}

function openClient(gateway: number): Socket {
  const socket = connect({ port: gateway, host: "127.0.0.1", noDelay: true });
  socket
    .on("error", () => {})
    .on("data", (bytes) => {
      for (let at = bytes.indexOf(mark); at >= 0; at = bytes.indexOf(mark, at + 1)) received += 1;
      if (received === streams) onReceived();
    });
  socket.write(request);
  return socket;
}

/** Sends one event on each stream. Resolves when all clients have received it. */
function sendOne(): Promise<void> {
  received = 0;
  const arrived = new Promise<void>((resolve) => (onReceived = resolve));
  for (const answer of answers) answer.write(event);
  return arrived;
}
