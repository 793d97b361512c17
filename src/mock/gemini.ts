// POST …/models/{model}:generateContent and :streamGenerateContent: Gemini's own API.
import { type Answer, type JsonObject, isObject, jsonAnswer } from "./answer.ts";
import type { Call } from "./call.ts";
import { newId } from "./identity.ts";
import { type Reply, replyTo } from "./reply.ts";
import { sseEvent, streamAnswer } from "./sse.ts";
import { countMessages, textOf } from "./tokens.ts";

/** The content that repeats the last one, in one object. */
export function answerGemini(body: JsonObject, call: Call): Answer {
  const made = generate(body, call);
  if ("status" in made) return made;
  const { reply, head, end } = made;
  return jsonAnswer(200, { ...candidate(reply.words.join(""), end.finishReason), ...head });
}

/** The same in pieces: as events with `alt=sse`, or else as a JSON list. */
export function streamGemini(body: JsonObject, call: Call): Answer {
  const made = generate(body, call);
  if ("status" in made) return made;
  const { reply, head, end } = made;
  const chunks = reply.words.map((word, index) => {
    const isLast = index === reply.words.length - 1;
    return { ...candidate(word, isLast ? end.finishReason : undefined), ...head };
  });
  if (call.query.get("alt") !== "sse") return jsonAnswer(200, chunks);
  return streamAnswer(chunks.map((chunk) => sseEvent(chunk)));
}

interface Generated {
  reply: Reply;
  head: object;
  end: { finishReason: string };
}

function generate(body: JsonObject, { name }: Call): Generated | Answer {
  const contents: unknown[] = Array.isArray(body["contents"]) ? body["contents"] : [];
  if (contents.length === 0) return invalid("* GenerateContentRequest.contents: is not specified");
  const config = body["generationConfig"];
  const bound = isObject(config) ? config["maxOutputTokens"] : undefined;
  const messages = contents.map((each) => ({ content: isObject(each) ? each["parts"] : [] }));
  const reply = replyTo(textOf(messages.at(-1)), { max_tokens: bound });
  const [prompt, output] = [countMessages(messages), reply.words.length];
  const usageMetadata = {
    promptTokenCount: prompt,
    candidatesTokenCount: output,
    totalTokenCount: prompt + output,
  };
  return {
    reply,
    head: { usageMetadata, modelVersion: name, responseId: newId("") },
    end: { finishReason: reply.finishReason === "length" ? "MAX_TOKENS" : "STOP" },
  };
}

function candidate(text: string, finishReason?: string): object {
  const content = { parts: [{ text }], role: "model" };
  const end = finishReason === undefined ? {} : { finishReason };
  return { candidates: [{ content, ...end, index: 0 }] };
}

// Google's error object.
function invalid(message: string): Answer {
  return jsonAnswer(400, { error: { code: 400, message, status: "INVALID_ARGUMENT" } });
}
