// POST …/completions, the legacy endpoint: a prompt instead of messages.
import { type Answer, type JsonObject, jsonAnswer } from "./answer.ts";
import { checkModel, checkStreamOptions, wantsUsage } from "./chat.ts";
import { missingParameter } from "./errors.ts";
import { createdNow, newId } from "./identity.ts";
import { replyTo } from "./reply.ts";
import { doneEvent, sseEvent, streamAnswer } from "./sse.ts";
import { countTokens } from "./tokens.ts";

/**
 * A completion that repeats the prompt. A list of prompts counts as one prompt, joined by spaces.
 */
export function answerCompletion(body: JsonObject): Answer {
  const refusal = checkModel(body) ?? checkPrompt(body) ?? checkStreamOptions(body);
  if (refusal !== undefined) return refusal;
  const prompt = [body["prompt"]].flat().join(" ");
  const reply = replyTo(prompt, body);
  const [input, output] = [countTokens(prompt), reply.words.length];
  const usage = {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
  };
  const head = {
    id: newId("cmpl-"),
    object: "text_completion",
    created: createdNow(),
    model: body["model"],
  };
  const choices = (text: string, finishReason: string | null) => [
    { index: 0, text, logprobs: null, finish_reason: finishReason },
  ];
  if (body["stream"] !== true) {
    const text = reply.words.join("");
    return jsonAnswer(200, { ...head, choices: choices(text, reply.finishReason), usage });
  }
  const chunks: object[] = [
    ...reply.words.map((word) => ({ ...head, choices: choices(word, null) })),
    { ...head, choices: choices("", reply.finishReason) },
  ];
  if (wantsUsage(body)) chunks.push({ ...head, choices: [], usage });
  return streamAnswer([...chunks.map((each) => sseEvent(each)), doneEvent]);
}

function checkPrompt(body: JsonObject): Answer | undefined {
  return (body["prompt"] ?? null) === null ? missingParameter("prompt") : undefined;
}
