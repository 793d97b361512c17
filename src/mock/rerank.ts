// POST …/rerank, as Cohere answers it.
import { type Answer, type JsonObject, isObject, jsonAnswer } from "./answer.ts";
import { checkModel } from "./chat.ts";
import { invalidType, missingParameter } from "./errors.ts";
import { newId } from "./identity.ts";

/**
 * The documents by how many words of the query they have, `top_n` of them. A call costs one search
 * unit.
 */
export function answerRerank(body: JsonObject): Answer {
  const refusal = checkModel(body);
  if (refusal !== undefined) return refusal;
  const { query, documents, top_n } = body;
  if (typeof query !== "string" || query === "") return missingParameter("query");
  if (!Array.isArray(documents)) return invalidType("documents", "an array");
  const ranked = (documents as unknown[])
    .map((document, index) => ({ index, relevance_score: score(query, textOfDocument(document)) }))
    .sort((one, other) => other.relevance_score - one.relevance_score);
  const results = ranked.slice(0, typeof top_n === "number" ? Math.max(0, top_n) : undefined);
  const meta = { billed_units: { search_units: 1 } };
  return jsonAnswer(200, { id: newId("rerank-"), results, meta });
}

function textOfDocument(document: unknown): string {
  const text = isObject(document) ? document["text"] : document;
  return typeof text === "string" ? text : "";
}

// The share of the query's words that are in the text.
function score(query: string, text: string): number {
  const words = (of: string) => new Set(of.toLowerCase().match(/\S+/g) ?? []);
  const [wanted, found] = [words(query), words(text)];
  return [...wanted].filter((word) => found.has(word)).length / Math.max(1, wanted.size);
}
