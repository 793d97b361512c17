// The paths that the mock serves, after any prefix. A path belongs to the first entry that its end
// matches.
import type { Answer } from "./answer.ts";
import { answerSpeech, answerTranscription } from "./audio.ts";
import { type Call, form, type Handler, json } from "./call.ts";
import { answerChat } from "./chat.ts";
import { answerCompletion } from "./completions.ts";
import { answerEmbeddings } from "./embeddings.ts";
import { methodNotAllowed, unknownPath } from "./errors.ts";
import { deleteFile, getContent, getFile, listFiles, uploadFile } from "./files.ts";
import { answerGemini, streamGemini } from "./gemini.ts";
import { answerImages } from "./images.ts";
import { answerMessage, countMessageTokens } from "./messages.ts";
import { answerModel, answerModels } from "./models.ts";
import { answerModeration } from "./moderations.ts";
import { answerOllama } from "./ollama.ts";
import { answerRerank } from "./rerank.ts";
import { answerResponse } from "./responses.ts";

interface Route {
  /** Matches the end of a path. */
  pattern: RegExp;
  handlers: Map<string, Handler>;
}

// `/chat/completions` must come before `/completions`, which it ends with, and Gemini's paths
// before `/models/*`, which matches them.
const routes: Route[] = [
  route("/chat/completions", { POST: json(answerChat) }),
  route("/completions", { POST: json(answerCompletion) }),
  route("/embeddings", { POST: json(answerEmbeddings) }),
  route("/responses", { POST: json(answerResponse) }),
  route("/images/generations", { POST: json(answerImages) }),
  route("/messages", { POST: json(answerMessage) }),
  route("/messages/count_tokens", { POST: json(countMessageTokens) }),
  route("/audio/transcriptions", { POST: form(answerTranscription) }),
  route("/audio/translations", { POST: form(answerTranscription) }),
  route("/audio/speech", { POST: json(answerSpeech) }),
  route("/files", { GET: listFiles, POST: form(uploadFile) }),
  route("/files/*", { GET: getFile, DELETE: deleteFile }),
  route("/files/*/content", { GET: getContent }),
  route("/rerank", { POST: json(answerRerank) }),
  route("/moderations", { POST: json(answerModeration) }),
  route("/api/chat", { POST: json(answerOllama) }),
  route("/models/*:generateContent", { POST: json(answerGemini) }),
  route("/models/*:streamGenerateContent", { POST: json(streamGemini) }),
  route("/models", { GET: answerModels }),
  route("/models/*", { GET: answerModel }),
];

function route(path: string, handlers: Record<string, Handler>): Route {
  const pattern = new RegExp(`${path.replace("*", "([^/]+)")}$`);
  return { pattern, handlers: new Map(Object.entries(handlers)) };
}

/** The handler of a path and a method, and the name in the path; or the refusal, 404 or 405. */
export function findHandler(
  method: string,
  path: string,
): { handler: Handler; name: string } | Answer {
  for (const { pattern, handlers } of routes) {
    const match = pattern.exec(path);
    if (match === null) continue;
    const handler = handlers.get(method);
    if (handler === undefined) return methodNotAllowed(method, [...handlers.keys()].join(", "));
    return { handler, name: decode(match[1] ?? "") };
  }
  return unknownPath(method, path);
}

function decode(name: Call["name"]): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
