// Every refusal of the mock, worded and shaped as OpenAI's.
import { type Answer, jsonAnswer } from "./answer.ts";

/** The members of OpenAI's error object. */
export interface ErrorObject {
  message: string;
  type: string;
  param: string | null;
  code: string | null;
}

/** An answer that carries an error object: `{"error":{"message","type","param","code"}}`. */
export function errorAnswer(status: number, error: Partial<ErrorObject>): Answer {
  const { message = "", type = "invalid_request_error", param = null, code = null } = error;
  return jsonAnswer(status, { error: { message, type, param, code } });
}

/** 400 to a body that is not a JSON object. */
export function invalidJson(): Answer {
  const message =
    "We could not parse the JSON body of your request. The API expects a JSON object with a content-type of application/json.";
  return errorAnswer(400, { message });
}

/** 400 to a body without a model. */
export function missingModel(): Answer {
  return errorAnswer(400, { message: "you must provide a model parameter" });
}

/** 400 to a body without a member that the endpoint needs. */
export function missingParameter(name: string): Answer {
  const message = `Missing required parameter: '${name}'.`;
  return errorAnswer(400, { message, param: name, code: "missing_required_parameter" });
}

/** 400 to a member of the wrong type. */
export function invalidType(name: string, expected: string): Answer {
  const message = `Invalid type for '${name}': expected ${expected}.`;
  return errorAnswer(400, { message, param: name, code: "invalid_type" });
}

/**
 * 401 to a request without a key (`wrong: false`) or with another than the expected one; it never
 * repeats the key.
 */
export function unauthorized(wrong: boolean): Answer {
  if (wrong) {
    return errorAnswer(401, { message: "Incorrect API key provided.", code: "invalid_api_key" });
  }
  const message =
    "You didn't provide an API key. You need to provide it in one Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
  return errorAnswer(401, { message });
}

/** 404 to a path that is not an endpoint. */
export function unknownPath(method: string, path: string): Answer {
  return errorAnswer(404, {
    message: `Invalid URL (${method} ${path})`,
    code: "unknown_url",
  });
}

/** 405 to an endpoint's path with another method than `allowed`. */
export function methodNotAllowed(method: string, allowed: string): Answer {
  const message = `Not allowed to ${method} on this endpoint. Use ${allowed}.`;
  const answer = errorAnswer(405, { message, code: "method_not_allowed" });
  answer.headers["allow"] = allowed;
  return answer;
}

/** 413 to a body that is larger than the mock is ready to hold in memory. */
export function bodyTooLarge(limitBytes: number): Answer {
  return errorAnswer(413, { message: `The mock holds bodies of up to ${limitBytes} bytes.` });
}
