// POST …/images/generations: the same picture for every prompt.
import { type Answer, type JsonObject, jsonAnswer } from "./answer.ts";
import { checkModel } from "./chat.ts";
import { errorAnswer, missingParameter } from "./errors.ts";
import { createdNow } from "./identity.ts";
import { countTokens } from "./tokens.ts";

// A PNG of one transparent pixel.
const pixel =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg==";

const maxImages = 10;

/** `n` pictures (1 to 10) of one pixel each, in base64. */
export function answerImages(body: JsonObject): Answer {
  const refusal = checkModel(body);
  if (refusal !== undefined) return refusal;
  const { prompt, n = 1 } = body;
  if (typeof prompt !== "string" || prompt === "") return missingParameter("prompt");
  if (!Number.isInteger(n) || Number(n) < 1 || Number(n) > maxImages) {
    return errorAnswer(400, {
      message: `'n' must be an integer from 1 to ${maxImages}.`,
      param: "n",
    });
  }
  const data = Array.from({ length: Number(n) }, () => ({ b64_json: pixel }));
  const [input, output] = [countTokens(prompt), data.length];
  const usage = { input_tokens: input, output_tokens: output, total_tokens: input + output };
  return jsonAnswer(200, { created: createdNow(), data, usage });
}
