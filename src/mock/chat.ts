// POST …/chat/completions: from a parsed body to one JSON object or a stream of chunks.
import { type Answer, type JsonObject, isObject, jsonAnswer } from "./answer.ts";
import { errorAnswer, invalidType, missingModel, missingParameter } from "./errors.ts";
import { createdNow, newId } from "./identity.ts";
import { type Reply, replyTo } from "./reply.ts";
import { doneEvent, sseEvent, streamAnswer } from "./sse.ts";
import { countMessage, countMessages, reasoningTokens, textOf } from "./tokens.ts";

/**
 * A chat completion that repeats the last message. Tokens are counted as tokens.ts says. All
 * messages but the last count as cached, as if the provider had just seen the conversation.
 */
export function answerChat(body: JsonObject): Answer {
  const refusal = checkModel(body) ?? checkMessages(body) ?? checkStreamOptions(body);
  if (refusal !== undefined) return refusal;
  const messages = body["messages"] as unknown[];
  const reply = replyTo(textOf(messages.at(-1)), body);
  const usage = chatUsage(messages, reply, body);
  const head = { id: newId("chatcmpl-"), created: createdNow(), model: body["model"] };
  if (body["stream"] === true) return streamChat(head, reply, wantsUsage(body) ? usage : undefined);
  return jsonAnswer(200, { ...head, object: "chat.completion", choices: [choice(reply)], usage });
}

/** 400 if `model` is missing, as in OpenAI's API. */
export function checkModel(body: JsonObject): Answer | undefined {
  const model = body["model"];
  return typeof model === "string" && model !== "" ? undefined : missingModel();
}

/** 400 if `stream_options` is sent without `stream: true`, as in OpenAI's API. */
export function checkStreamOptions(body: JsonObject): Answer | undefined {
  if (body["stream"] === true || (body["stream_options"] ?? null) === null) return undefined;
  const message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
  return errorAnswer(400, { message, param: "stream_options" });
}

/** Whether the client requested a last chunk with the usage. */
export function wantsUsage(body: JsonObject): boolean {
  const options = body["stream_options"];
  return isObject(options) && options["include_usage"] === true;
}

function checkMessages(body: JsonObject): Answer | undefined {
  const messages = body["messages"] ?? null;
  if (messages === null) return missingParameter("messages");
  if (!Array.isArray(messages)) return invalidType("messages", "an array of objects");
  if (messages.length > 0 && messages.every(isObject)) return undefined;
  return invalidType("messages", "an array of at least one object");
}

function chatUsage(messages: unknown[], reply: Reply, body: JsonObject) {
  const prompt = countMessages(messages);
  const reasoning = typeof body["reasoning_effort"] === "string" ? reasoningTokens : 0;
  const completion = reply.words.length + reasoning;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: prompt - countMessage(messages.at(-1)) },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}

function choice(reply: Reply) {
  const message = { role: "assistant", content: reply.words.join(""), refusal: null };
  return { index: 0, message, logprobs: null, finish_reason: reply.finishReason };
}

/**
 * The chunks of a streamed chat completion. With `usage`, a last chunk without choices has it, and
 * all others have `usage: null`.
 */
export function streamChat(head: object, reply: Reply, usage?: object): Answer {
  const unknownYet = usage === undefined ? {} : { usage: null };
  const chunk = (delta: object, finishReason: string | null = null) => ({
    ...head,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    ...unknownYet,
  });
  const chunks: object[] = [
    chunk({ role: "assistant", content: "" }),
    ...reply.words.map((word) => chunk({ content: word })),
    chunk({}, reply.finishReason),
  ];
  if (usage !== undefined) chunks.push({ ...chunk({}), choices: [], usage });
  return streamAnswer([...chunks.map((each) => sseEvent(each)), doneEvent]);
}
