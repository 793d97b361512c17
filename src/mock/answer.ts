// What an endpoint decides to answer, as data: the endpoints are pure functions from a JSON body to
// an Answer, and send.ts writes it.

/** The members of a JSON object that a client sent; nothing in it has been checked. */
export type JsonObject = Record<string, unknown>;

/** An endpoint that reads a JSON body. */
export type Endpoint = (body: JsonObject) => Answer;

export interface Answer {
  status: number;
  /** By lower-case name. */
  headers: Record<string, string>;
  /**
   * What is written one after the other: a JSON answer has one piece, a stream one for each event.
   */
  pieces: string[];
}

/** A JSON answer of one piece, with its length announced. */
export function jsonAnswer(status: number, value: unknown): Answer {
  const text = JSON.stringify(value);
  const headers = {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(text)),
  };
  return { status, headers, pieces: [text] };
}

/** Whether an unchecked value is a JSON object (and neither null nor a list). */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
