// POST …/api/chat: Ollama's own API, which streams lines of JSON unless `stream` is false.
import { type Answer, type JsonObject, isObject, jsonAnswer } from "./answer.ts";
import { replyTo } from "./reply.ts";
import { countMessages, textOf } from "./tokens.ts";

/** A chat that repeats the last message, up to `options.num_predict` tokens. */
export function answerOllama(body: JsonObject): Answer {
  const { model, options, stream } = body;
  const messages: unknown[] = Array.isArray(body["messages"]) ? body["messages"] : [];
  if (typeof model !== "string" || model === "") {
    return jsonAnswer(400, { error: "model is required" });
  }
  const bound = isObject(options) ? options["num_predict"] : undefined;
  const reply = replyTo(textOf(messages.at(-1)), { max_tokens: bound });
  const line = (content: string, rest: object) => ({
    model,
    created_at: new Date().toISOString(),
    message: { role: "assistant", content },
    ...rest,
  });
  const end = {
    done: true,
    done_reason: reply.finishReason,
    ...{ total_duration: 3, load_duration: 1, prompt_eval_duration: 1, eval_duration: 1 },
    prompt_eval_count: countMessages(messages),
    eval_count: reply.words.length,
  };
  if (stream === false) return jsonAnswer(200, line(reply.words.join(""), end));
  const lines = [...reply.words.map((word) => line(word, { done: false })), line("", end)];
  return {
    status: 200,
    headers: { "content-type": "application/x-ndjson" },
    pieces: lines.map((each) => `${JSON.stringify(each)}\n`),
  };
}
