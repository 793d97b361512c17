// The reply that all text endpoints give: it repeats what was said, one word a token, and stops at
// the client's limit of tokens.
import type { JsonObject } from "./answer.ts";
import { splitWords } from "./tokens.ts";

/**
 * A reply as the pieces that a stream sends one by one: a word each, so their number is the number
 * of tokens.
 */
export interface Reply {
  words: string[];
  finishReason: "stop" | "length";
}

const boundNames = ["max_completion_tokens", "max_tokens", "max_output_tokens"];

/** Repeats `said` after "You said:", cut to the smallest of the client's bounds on tokens. */
export function replyTo(said: string, body: JsonObject): Reply {
  const words = splitWords(`You said: ${said === "" ? "nothing." : said}`);
  const bounds = boundNames.map((name) => body[name]).filter((bound) => typeof bound === "number");
  const bound = Math.min(...bounds);
  if (words.length <= bound) return { words, finishReason: "stop" };
  return { words: words.slice(0, Math.max(0, bound)), finishReason: "length" };
}
