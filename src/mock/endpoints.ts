// The paths that the mock serves, after any prefix. A path belongs to the first entry whose suffix
// it ends with.
import { type Answer, type Endpoint, isObject } from "./answer.ts";
import { answerChat } from "./chat.ts";
import { answerCompletion } from "./completions.ts";
import { answerEmbeddings } from "./embeddings.ts";
import { invalidJson } from "./errors.ts";
import { answerImages } from "./images.ts";
import { answerModels } from "./models.ts";
import { answerResponse } from "./responses.ts";

interface Route {
  suffix: string;
  method: "GET" | "POST";
  answer: Endpoint;
}

// `/chat/completions` must come before `/completions`, which it ends with.
const routes: Route[] = [
  { suffix: "/chat/completions", method: "POST", answer: answerChat },
  { suffix: "/completions", method: "POST", answer: answerCompletion },
  { suffix: "/embeddings", method: "POST", answer: answerEmbeddings },
  { suffix: "/responses", method: "POST", answer: answerResponse },
  { suffix: "/images/generations", method: "POST", answer: answerImages },
  { suffix: "/models", method: "GET", answer: answerModels },
];

/** The endpoint of a path without a query. */
export function findRoute(path: string): Route | undefined {
  return routes.find(({ suffix }) => path.endsWith(suffix));
}

/** The route's answer to a body: 400 if it is not a JSON object. The body of a GET is ignored. */
export function answerBody(route: Route, bytes: Buffer): Answer {
  if (route.method === "GET") return route.answer({});
  const body = parseJson(bytes);
  return isObject(body) ? route.answer(body) : invalidJson();
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
