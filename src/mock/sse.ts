// Server-sent events, as OpenAI writes them.
import type { Answer } from "./answer.ts";

/**
 * One event with a JSON value as its data; `name` adds an `event:` line, which only the Responses
 * API has.
 */
export function sseEvent(data: unknown, name?: string): string {
  const line = name === undefined ? "" : `event: ${name}\n`;
  return `${line}data: ${JSON.stringify(data)}\n\n`;
}

/** The event that ends a stream of completions. */
export const doneEvent = "data: [DONE]\n\n";

/** A streamed answer: each event is a piece of its own. */
export function streamAnswer(events: string[]): Answer {
  const headers = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
  };
  return { status: 200, headers, pieces: events };
}
