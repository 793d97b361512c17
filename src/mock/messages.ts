// POST …/messages and …/messages/count_tokens: Anthropic's API, as far as text needs it.
import { type Answer, type JsonObject, isObject, jsonAnswer } from "./answer.ts";
import { newId } from "./identity.ts";
import { type Reply, replyTo } from "./reply.ts";
import { sseEvent, streamAnswer } from "./sse.ts";
import { countMessage, countMessages, countTokens, textOf } from "./tokens.ts";

/**
 * A message that repeats the last one. As in chat, all messages but the last count as read from the
 * cache, and so does `system`.
 */
export function answerMessage(body: JsonObject): Answer {
  const refusal = checkRequest(body) ?? checkMaxTokens(body);
  if (refusal !== undefined) return refusal;
  const last = (body["messages"] as unknown[]).at(-1);
  const reply = replyTo(textOf(last), body);
  const input = countMessage(last);
  const usage = {
    input_tokens: input,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: countInput(body) - input,
    output_tokens: reply.words.length,
  };
  const head = { id: newId("msg_"), type: "message", role: "assistant", model: body["model"] };
  const stop = {
    stop_reason: reply.finishReason === "length" ? "max_tokens" : "end_turn",
    stop_sequence: null,
  };
  if (body["stream"] === true) return streamMessage({ head, reply, stop, usage });
  const content = [{ type: "text", text: reply.words.join("") }];
  return jsonAnswer(200, { ...head, content, ...stop, usage });
}

/** How many tokens `messages` and `system` cost. */
export function countMessageTokens(body: JsonObject): Answer {
  return checkRequest(body) ?? jsonAnswer(200, { input_tokens: countInput(body) });
}

function countInput(body: JsonObject): number {
  const system = countTokens(textOf({ content: body["system"] }));
  return system + countMessages(body["messages"] as unknown[]);
}

function checkRequest({ model, messages }: JsonObject): Answer | undefined {
  if (typeof model !== "string" || model === "") return invalid("model: Field required");
  if (!Array.isArray(messages) || messages.length === 0 || !messages.every(isObject)) {
    return invalid("messages: at least one message is required");
  }
  return undefined;
}

function checkMaxTokens({ max_tokens }: JsonObject): Answer | undefined {
  return Number.isInteger(max_tokens) ? undefined : invalid("max_tokens: Field required");
}

// Anthropic's error object.
function invalid(message: string): Answer {
  return jsonAnswer(400, { type: "error", error: { type: "invalid_request_error", message } });
}

interface Streamed {
  head: object;
  reply: Reply;
  stop: object;
  usage: { output_tokens: number };
}

function streamMessage({ head, reply, stop, usage }: Streamed): Answer {
  const started = {
    ...head,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 1 },
  };
  const place = { index: 0 };
  const delta = (text: string) => ({ ...place, delta: { type: "text_delta", text } });
  const events: [type: string, members: object][] = [
    ["message_start", { message: started }],
    ["content_block_start", { ...place, content_block: { type: "text", text: "" } }],
    ["ping", {}],
    ...reply.words.map((word): [string, object] => ["content_block_delta", delta(word)]),
    ["content_block_stop", place],
    ["message_delta", { delta: stop, usage: { output_tokens: usage.output_tokens } }],
    ["message_stop", {}],
  ];
  return streamAnswer(events.map(([type, members]) => sseEvent({ type, ...members }, type)));
}
