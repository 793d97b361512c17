// Open streams under the scripted host, for tests and benchmarks of what a stream costs while its
// answer is streamed.
import { CLUSTER, hostOf, postHeaders } from "./filter-host.ts";
import { asksForUsage } from "./plugin-providers.ts";
import type { WasmHost, WasmStream } from "./wasm-host.ts";

/** One event as OpenAI sends it. The filter can't classify it before it has read `choices`. */
export const event =
  'data: {"id":"chatcmpl-2b73248a1e57414d9d811e5f74d969a9","object":"chat.completion.chunk","created":1795447077,' +
  '"model":"gpt-4o-mini","choices":[{"index":0,"delta":{"content":" hello"},"logprobs":null,"finish_reason":null}],"usage":null}\n\n';

/** A host whose provider has `usage: Auto`. */
export function hostOfStreams(): WasmHost {
  return hostOf({ members: [{ name: "model", default: '"m-1"' }, ...asksForUsage] });
}

/** A stream whose answer has begun, with one event so far. */
export function openStream(host: WasmHost): WasmStream {
  const stream = host.stream(CLUSTER, "route");
  stream.headers(postHeaders());
  stream.body('{"messages":[{"role":"user","content":"hi"}],"stream":true}', true);
  stream.response([
    [":status", "200"],
    ["content-type", "text/event-stream"],
  ]);
  sendPieces(stream, [event]);
  return stream;
}

/** Passes pieces of the answer to the filter, and discards what it forwards. */
export function sendPieces(stream: WasmStream, pieces: readonly string[]): void {
  for (const piece of pieces) stream.responseBody(piece);
  stream.returned.length = stream.forwarded.length = 0;
}
