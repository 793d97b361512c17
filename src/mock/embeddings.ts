// POST …/embeddings: vectors that depend only on the input.
import { createHash } from "node:crypto";
import { type Answer, type JsonObject, jsonAnswer } from "./answer.ts";
import { checkModel } from "./chat.ts";
import { errorAnswer, missingParameter } from "./errors.ts";
import { countTokens } from "./tokens.ts";

/** The length of a vector if the request has no `dimensions`. */
export const defaultDimensions = 16;

const maxDimensions = 4096;

/**
 * One unit vector for each input, as numbers or as base64 of little-endian 32-bit floats. An input
 * that is a list of tokens costs that many tokens.
 */
export function answerEmbeddings(body: JsonObject): Answer {
  const refusal = checkModel(body) ?? checkInput(body);
  if (refusal !== undefined) return refusal;
  const dimensions = body["dimensions"] ?? defaultDimensions;
  if (
    !Number.isInteger(dimensions) ||
    Number(dimensions) < 1 ||
    Number(dimensions) > maxDimensions
  ) {
    const message = `'dimensions' must be an integer from 1 to ${maxDimensions}.`;
    return errorAnswer(400, { message, param: "dimensions" });
  }
  const inputs = splitInputs(body["input"]);
  const data = inputs.map((input, index) => {
    const vector = embed(JSON.stringify(input), Number(dimensions));
    const embedding = body["encoding_format"] === "base64" ? toBase64(vector) : [...vector];
    return { object: "embedding", index, embedding };
  });
  const tokens = inputs.reduce<number>((sum, input) => sum + countInput(input), 0);
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  return jsonAnswer(200, { object: "list", data, model: body["model"], usage });
}

function checkInput(body: JsonObject): Answer | undefined {
  const input = body["input"] ?? "";
  const isEmpty = input === "" || (Array.isArray(input) && input.length === 0);
  return isEmpty ? missingParameter("input") : undefined;
}

// A string, a list of strings, a list of tokens, or a list of lists of tokens.
function splitInputs(input: unknown): unknown[] {
  if (!Array.isArray(input)) return [input];
  return typeof input[0] === "number" ? [input] : (input as unknown[]);
}

function countInput(input: unknown): number {
  return Array.isArray(input) ? input.length : countTokens(String(input));
}

function embed(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  for (let at = 0; at < dimensions; at += 1) {
    const digest = createHash("sha256").update(`${at}:${text}`).digest();
    vector[at] = digest.readInt32LE(0) / 2 ** 31;
  }
  const norm = Math.hypot(...vector);
  return vector.map((value) => value / norm);
}

function toBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, index) => bytes.writeFloatLE(value, index * 4));
  return bytes.toString("base64");
}
