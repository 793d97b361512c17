// The reply of all text endpoints. It repeats the input, one token per word, up to the client's
// token limit.
import { isObject, type JsonObject } from "./answer.ts";
import { splitWords } from "./tokens.ts";

/** A reply as the pieces that a stream sends: one word each, so there are as many as tokens. */
export interface Reply {
  words: string[];
  finishReason: "stop" | "length";
}

const boundNames = ["max_completion_tokens", "max_tokens", "max_output_tokens"];

/**
 * Repeats `said` after "You said:", cut at the lowest of the client's token limits. If the client
 * requests JSON, the reply is `{"said":"…"}`, whatever its schema says.
 */
export function replyTo(said: string, body: JsonObject): Reply {
  const text = `You said: ${said === "" ? "nothing." : said}`;
  const words = splitWords(wantsJson(body) ? JSON.stringify({ said }) : text);
  const bounds = boundNames.map((name) => body[name]).filter((bound) => typeof bound === "number");
  const bound = Math.min(...bounds);
  if (words.length <= bound) return { words, finishReason: "stop" };
  return { words: words.slice(0, Math.max(0, bound)), finishReason: "length" };
}

// Chat has `response_format`, and the Responses API `text.format`.
function wantsJson({ response_format, text }: JsonObject): boolean {
  const format = isObject(text) ? text["format"] : response_format;
  return isObject(format) && /^json_/.test(String(format["type"]));
}
