// GET …/models: a list of two models. The other endpoints accept any model name.
import { type Answer, jsonAnswer } from "./answer.ts";

const names = ["mock-large", "mock-small"];

/** The models that the mock claims to have. */
export function answerModels(): Answer {
  const data = names.map((id) => ({ id, object: "model", created: 1704067200, owned_by: "mock" }));
  return jsonAnswer(200, { object: "list", data });
}
