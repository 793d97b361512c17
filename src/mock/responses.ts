// POST …/responses: the part of the Responses API that one text message needs.
import { type Answer, type JsonObject, isObject, jsonAnswer } from "./answer.ts";
import { checkModel } from "./chat.ts";
import { missingParameter } from "./errors.ts";
import { createdNow, newId } from "./identity.ts";
import { replyTo } from "./reply.ts";
import { sseEvent, streamAnswer } from "./sse.ts";
import { countMessages, countTokens, textOf } from "./tokens.ts";

/** A response that repeats the input: a string, or the last of a list of messages. */
export function answerResponse(body: JsonObject): Answer {
  const refusal = checkModel(body) ?? checkInput(body);
  if (refusal !== undefined) return refusal;
  const input = body["input"];
  const messages: unknown[] = Array.isArray(input) ? input : [];
  const said = typeof input === "string" ? input : textOf(messages.at(-1));
  const reply = replyTo(said, body);
  const inputTokens = typeof input === "string" ? countTokens(input) : countMessages(messages);
  const outputTokens = reply.words.length;
  const message = newMessage(reply.words.join(""));
  const pending = newResponse(body);
  const isCut = reply.finishReason === "length";
  const finished = {
    ...pending,
    status: isCut ? "incomplete" : "completed",
    incomplete_details: isCut ? { reason: "max_output_tokens" } : null,
    output: [message],
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: inputTokens + outputTokens,
    },
  };
  if (body["stream"] !== true) return jsonAnswer(200, finished);
  return streamResponse({ pending, message, words: reply.words, finished });
}

function checkInput(body: JsonObject): Answer | undefined {
  const input = body["input"];
  if (typeof input === "string" || (Array.isArray(input) && input.every(isObject)))
    return undefined;
  return missingParameter("input");
}

function newResponse(body: JsonObject) {
  return {
    id: newId("resp_"),
    object: "response",
    created_at: createdNow(),
    status: "in_progress",
    error: null,
    incomplete_details: null as { reason: string } | null,
    instructions: body["instructions"] ?? null,
    max_output_tokens: body["max_output_tokens"] ?? null,
    model: body["model"],
    output: [] as object[],
    parallel_tool_calls: true,
    previous_response_id: null,
    temperature: 1,
    tool_choice: "auto",
    tools: [],
    top_p: 1,
    metadata: {},
    usage: null as object | null,
  };
}

function newMessage(text: string) {
  const content = [{ type: "output_text", text, annotations: [] }];
  return { type: "message", id: newId("msg_"), status: "completed", role: "assistant", content };
}

interface Streamed {
  pending: object;
  message: ReturnType<typeof newMessage>;
  words: string[];
  finished: { status: string };
}

function streamResponse({ pending, message, words, finished }: Streamed): Answer {
  const [part] = message.content;
  const place = { item_id: message.id, output_index: 0, content_index: 0 };
  const started = { ...message, status: "in_progress", content: [] };
  const events: { type: string; [member: string]: unknown }[] = [
    { type: "response.created", response: pending },
    { type: "response.in_progress", response: pending },
    { type: "response.output_item.added", output_index: 0, item: started },
    { type: "response.content_part.added", ...place, part: { ...part, text: "" } },
    ...words.map((delta) => ({ type: "response.output_text.delta", ...place, delta })),
    { type: "response.output_text.done", ...place, text: part?.text },
    { type: "response.content_part.done", ...place, part },
    { type: "response.output_item.done", output_index: 0, item: message },
    { type: `response.${finished.status}`, response: finished },
  ];
  return streamAnswer(
    events.map((event, index) => sseEvent({ ...event, sequence_number: index }, event.type)),
  );
}
