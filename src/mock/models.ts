// GET …/models: a list of two models, and GET …/models/{id}: any model. The other endpoints accept
// any model name.
import { type Answer, jsonAnswer } from "./answer.ts";
import type { Call } from "./call.ts";

const names = ["mock-large", "mock-small"];

/** The models that the mock claims to have. */
export function answerModels(): Answer {
  return jsonAnswer(200, { object: "list", data: names.map(toModel) });
}

/** The model with the name in the path. */
export function answerModel({ name }: Call): Answer {
  return jsonAnswer(200, toModel(name));
}

function toModel(id: string): object {
  return { id, object: "model", created: 1704067200, owned_by: "mock" };
}
