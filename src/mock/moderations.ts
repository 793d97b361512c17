// POST …/moderations: nothing is flagged.
import { type Answer, type JsonObject, jsonAnswer } from "./answer.ts";
import { missingParameter } from "./errors.ts";
import { newId } from "./identity.ts";

const categories = ["harassment", "hate", "self-harm", "sexual", "violence"];

/** One result for each input. */
export function answerModeration(body: JsonObject): Answer {
  const { input, model = "omni-moderation-latest" } = body;
  if ((input ?? "") === "") return missingParameter("input");
  const each = <Value>(value: Value) =>
    Object.fromEntries(categories.map((category) => [category, value]));
  const result = { flagged: false, categories: each(false), category_scores: each(0) };
  const results = [input].flat().map(() => result);
  return jsonAnswer(200, { id: newId("modr-"), model, results });
}
