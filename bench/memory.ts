// Measures how much Envoy's memory grows while one large request passes through the quickstart's
// listener.
//
//   npm run bench:memory [-- MEGABYTES]
import { request } from "node:http";
import { residentBytes, startGateways } from "./envoys.ts";

const megabyte = 1_000_000;
const size = Number(process.argv[2] ?? 100) * megabyte;
const gateways = await startGateways();
await send(2 * megabyte);
const before = residentBytes(gateways.pid);
let peak = before;
const timer = setInterval(() => {
  peak = Math.max(peak, residentBytes(gateways.pid));
}, 5);
const status = await send(size);
clearInterval(timer);
console.log(`request of ${size / megabyte} MB: ${status}`);
console.log(
  `Envoy before: ${(before / megabyte).toFixed(1)} MB, at most: ${(peak / megabyte).toFixed(1)} MB, grown by ${((peak - before) / megabyte).toFixed(1)} MB`,
);
await gateways.stop();

// The provider may refuse a request that it would have to buffer. Only the bytes that pass through
// the gateway before that matter.
async function send(bytes: number): Promise<number> {
  const head = '{"messages":[{"role":"user","content":"';
  const tail = '"}]}';
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        port: gateways.withFilter,
        method: "POST",
        path: "/v1/chat/completions",
        headers: { host: "dashscope.aliyuncs.com", "content-length": bytes },
      },
      (response) => {
        response.resume().on("end", () => resolve(response.statusCode!));
      },
    );
    outgoing.on("error", reject);
    outgoing.write(head);
    let left = bytes - head.length - tail.length;
    const chunk = Buffer.alloc(65_536, "a");
    const more = (): void => {
      while (left > 0) {
        const part = chunk.subarray(0, Math.min(left, chunk.length));
        left -= part.length;
        if (!outgoing.write(part)) return void outgoing.once("drain", more);
      }
      outgoing.end(tail);
    };
    more();
  });
}
