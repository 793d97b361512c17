// The mock's error answers, in the wording and format of OpenAI's.
import { type Answer, jsonAnswer } from "./answer.ts";

/** The members of OpenAI's error object. */
export interface ErrorObject {
  message: string;
  type: string;
  param: string | null;
  code: string | null;
}

/** An answer with an error object: `{"error":{"message","type","param","code"}}`. */
export function errorAnswer(status: number, error: Partial<ErrorObject>): Answer {
  const { message = "", type = "invalid_request_error", param = null, code = null } = error;
  return jsonAnswer(status, { error: { message, type, param, code } });
}

/** 400 for a body that is not a JSON object. */
export function invalidJson(): Answer {
  const message =
    "We could not parse the JSON body of your request. The API expects a JSON object with a content-type of application/json.";
  return errorAnswer(400, { message });
}

/** 400 for a body that is not `multipart/form-data`. */
export function invalidForm(): Answer {
  return errorAnswer(400, { message: "Could not parse multipart form." });
}

/** 404 for a file that the mock does not hold. */
export function unknownFile(id: string): Answer {
  return errorAnswer(404, { message: `No such File object: ${id}`, param: "id" });
}

/** 400 for a body without a model. */
export function missingModel(): Answer {
  return errorAnswer(400, { message: "you must provide a model parameter" });
}

/** 400 for a body without a member that the endpoint requires. */
export function missingParameter(name: string): Answer {
  const message = `Missing required parameter: '${name}'.`;
  return errorAnswer(400, { message, param: name, code: "missing_required_parameter" });
}

/** 400 for a member of the wrong type. */
export function invalidType(name: string, expected: string): Answer {
  const message = `Invalid type for '${name}': expected ${expected}.`;
  return errorAnswer(400, { message, param: name, code: "invalid_type" });
}

/**
 * 401 for a request without a key (`wrong: false`) or with a wrong one. It never repeats the key.
 */
export function unauthorized(wrong: boolean): Answer {
  if (wrong) {
    return errorAnswer(401, { message: "Incorrect API key provided.", code: "invalid_api_key" });
  }
  const message =
    "You didn't provide an API key. You need to provide it in one Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
  return errorAnswer(401, { message });
}

/** 404 for a path that is not an endpoint. */
export function unknownPath(method: string, path: string): Answer {
  return errorAnswer(404, {
    message: `Invalid URL (${method} ${path})`,
    code: "unknown_url",
  });
}

/** 405 for a method of an endpoint that is not in `allowed`. */
export function methodNotAllowed(method: string, allowed: string): Answer {
  const message = `Not allowed to ${method} on this endpoint. Use ${allowed}.`;
  const answer = errorAnswer(405, { message, code: "method_not_allowed" });
  answer.headers["allow"] = allowed;
  return answer;
}

/** 413 for a body that is larger than `maxBodyBytes`. */
export function bodyTooLarge(limitBytes: number): Answer {
  return errorAnswer(413, { message: `The mock holds bodies of up to ${limitBytes} bytes.` });
}
