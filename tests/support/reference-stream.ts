// What the filter must leave of an event stream in its plainest form: the whole stream at once, split into events by the letter of the standard.

export interface ReferenceStream {
  /** What goes out, each event with the blank line that ends it; the last may have none. */
  kept: string[];
  /** How many events were taken out. */
  dropped: number;
  /** The last value of each, undefined where there is none. */
  promptTokens: number | undefined;
  completionTokens: number | undefined;
}

interface Chunk {
  choices?: unknown[];
  error?: unknown;
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
}

/** Takes the chunks out that bring nothing but usage. */
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

/** Each event of a stream, its bytes as they are. */
export function eventsOf(text: string): string[] {
  return text
    .match(/(?:[^\r\n]+(?:\r\n|\r|\n|$))*(?:\r\n|\r|\n|$)/g)!
    .filter((each) => each !== "");
}

/** The comments before an event's first line. */
function commentsBefore(event: string): string {
  return /^(?::[^\r\n]*(?:\r\n|\r|\n|$))*/.exec(event)![0];
}

function dataOf(event: string): Chunk | undefined {
  const lines = event.split(/\r\n|\r|\n/).filter((line) => line.startsWith("data:"));
  const data = lines.map((line) => line.slice("data:".length).replace(/^ /, "")).join("\n");
  if (!data.startsWith("{")) return undefined;
  return JSON.parse(data) as Chunk;
}
