// One request as endpoints see it, and the ways to read its body.
import { type Answer, type JsonObject, isObject } from "./answer.ts";
import { invalidForm, invalidJson } from "./errors.ts";
import type { Files } from "./files.ts";

export interface Call {
  /** What the `*` of the endpoint's path stands for, decoded; empty if it has none. */
  name: string;
  query: URLSearchParams;
  contentType: string;
  body: Buffer;
  /** The files that this mock holds. */
  files: Files;
}

/** Answers a call to an endpoint. */
export type Handler = (call: Call) => Answer | Promise<Answer>;

/** Reads a JSON body for an endpoint: 400 if it is not a JSON object. */
export function json(answer: (body: JsonObject, call: Call) => Answer): Handler {
  return (call) => {
    const body = parseJson(call.body);
    return isObject(body) ? answer(body, call) : invalidJson();
  };
}

/** Reads a body of `multipart/form-data` for an endpoint: 400 if it is not one. */
export function form(answer: (fields: FormData, call: Call) => Promise<Answer>): Handler {
  return async (call) => {
    const fields = await parseForm(call);
    return fields === undefined ? invalidForm() : answer(fields, call);
  };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function parseForm({ body, contentType }: Call): Promise<FormData | undefined> {
  const message = new Response(body, { headers: { "content-type": contentType } });
  return message.formData().catch(() => undefined);
}
