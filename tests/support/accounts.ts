// Makes whole calls under the scripted host, and reads the counters that they changed.
import { jsonAnswers } from "./answers.ts";
import { type RequestParts, send } from "./filter-host.ts";
import type { WasmHost, WasmStream } from "./wasm-host.ts";

/** Headers of a JSON answer, and a chat completion. */
export const json = { ":status": "200", "content-type": "application/json" };
export const chat = jsonAnswers[0]!.text;

/** Sends a request, gives it a whole answer, and ends the stream. */
export function call(
  host: WasmHost,
  parts: RequestParts = {},
  answer = chat,
  headers = json,
): WasmStream {
  const stream = send(host, { route: "r", ...parts });
  if (stream.localResponses.length > 0) return end(stream);
  stream.properties.set("response\0code_details", "via_upstream");
  stream.response(Object.entries(headers), answer === "");
  if (answer !== "") stream.responseBody(answer, true);
  return end(stream);
}

/** Ends a stream. */
export function end(stream: WasmStream): WasmStream {
  stream.end();
  return stream;
}

/** The counters that are not 0, as `name{label=value,…} count`, without their common labels. */
export function countersOf(host: WasmHost): string[] {
  const common = /^(provider=default\/llm|route=r|source=unknown)$/;
  return [...host.counters]
    .filter(([, count]) => count !== 0)
    .map(([name, count]) => {
      const parts = name.split(";.;");
      const labels = parts.slice(0, -1).map((each) => each.replace("=.=", "="));
      const own = labels
        .map((each) => each.replace("llmproxy_", ""))
        .filter((x) => !common.test(x));
      return `${parts.at(-1)}{${own.join(",")}} ${count}`;
    })
    .sort();
}
