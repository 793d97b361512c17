// A simple implementation of what the filter does to an event stream. It reads the whole stream at
// once, and splits it into events exactly as the standard says.

export interface ReferenceStream {
  /**
   * The events that are forwarded, each with the blank line that ends it; the last may have none.
   */
  kept: string[];
  /** How many events were removed. */
  dropped: number;
  /** The last value of each; undefined if there is none. */
  promptTokens: number | undefined;
  completionTokens: number | undefined;
}

interface Chunk {
  choices?: unknown[];
  error?: unknown;
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
}

/** Removes the chunks that contain only usage. */
export function referenceStream(text: string): ReferenceStream {
  const result: ReferenceStream = {
    kept: [],
    dropped: 0,
    promptTokens: undefined,
    completionTokens: undefined,
  };
  for (const event of eventsOf(text)) {
    const chunk = dataOf(event);
    const usage = chunk?.usage;
    result.promptTokens = usage?.prompt_tokens ?? result.promptTokens;
    result.completionTokens = usage?.completion_tokens ?? result.completionTokens;
    const isDropped = usage && chunk.choices?.length === 0;
    if (isDropped) result.dropped++;
    result.kept.push(isDropped ? commentsBefore(event) : event);
  }
  return result;
}

/** The events of a stream, with unchanged bytes. */
export function eventsOf(text: string): string[] {
  return text
    .match(/(?:[^\r\n]+(?:\r\n|\r|\n|$))*(?:\r\n|\r|\n|$)/g)!
    .filter((each) => each !== "");
}

/** The comments before the first line of an event. */
function commentsBefore(event: string): string {
  return /^(?::[^\r\n]*(?:\r\n|\r|\n|$))*/.exec(event)![0];
}

function dataOf(event: string): Chunk | undefined {
  const lines = event.split(/\r\n|\r|\n/).filter((line) => line.startsWith("data:"));
  const data = lines.map((line) => line.slice("data:".length).replace(/^ /, "")).join("\n");
  if (!data.startsWith("{")) return undefined;
  return JSON.parse(data) as Chunk;
}
