// An endpoint's answer, as data, which send.ts writes.

/** A JSON object that a client sent. Its members have not been checked. */
export type JsonObject = Record<string, unknown>;

export interface Answer {
  status: number;
  /** Keyed by lower-case name. */
  headers: Record<string, string>;
  /** The parts of the body, in order. A JSON answer has one, a stream has one for each event. */
  pieces: (string | Buffer)[];
}

/** A JSON answer: one piece, with a content-length. */
export function jsonAnswer(status: number, value: unknown): Answer {
  const text = JSON.stringify(value);
  const headers = {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(text)),
  };
  return { status, headers, pieces: [text] };
}

/** Whether a value is a JSON object, and neither null nor a list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
