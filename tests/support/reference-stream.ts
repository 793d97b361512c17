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
  object?: unknown;
  choices?: unknown[] | null;
  error?: unknown;
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
}

const envelope = [
  ...["id", "object", "created", "model", "system_fingerprint", "service_tier", "obfuscation"],
  ...["provider", "choices", "usage"],
];

/**
 * Removes the chunks that contain only usage. In those that contain more, an empty choice takes the
 * place of the usage.
 */
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
    // A zero does not replace a count.
    result.promptTokens = usage?.prompt_tokens || (result.promptTokens ?? usage?.prompt_tokens);
    result.completionTokens =
      usage?.completion_tokens || (result.completionTokens ?? usage?.completion_tokens);
    const isRequested = usage && !chunk.choices?.length && !chunk.error;
    const others = Object.entries(chunk ?? {}).filter(
      ([name, value]) => value !== null && !envelope.includes(name),
    );
    const isDropped = isRequested && others.length === 0;
    if (isDropped) result.dropped++;
    if (isDropped) result.kept.push(commentsBefore(event));
    else result.kept.push(isRequested && isChunk(chunk) ? withChoice(event) : event);
  }
  return result;
}

/** The events of a stream, with unchanged bytes. */
export function eventsOf(text: string): string[] {
  return text
    .match(/(?:[^\r\n]+(?:\r\n|\r|\n|$))*(?:\r\n|\r|\n|$)/g)!
    .filter((each) => each !== "");
}

function isChunk(chunk: Chunk): boolean {
  return "choices" in chunk || chunk.object === "chat.completion.chunk";
}

/** The event with an empty choice for its usage, in the same length; unchanged if it is longer. */
function withChoice(event: string): string {
  const choice = '"choices":[{"index":0,"delta":{},"text":""}]';
  const usage = /"usage"\s*:\s*\{(?:[^{}]|\{[^{}]*\})*\}/.exec(event)![0];
  if (usage.length < choice.length || /[\r\n]/.test(usage)) return event;
  return event
    .replace(/"choices"\s*:\s*(?:\[\s*\]|null)/, (empty) => '"usage":null'.padEnd(empty.length))
    .replace(usage, () => choice.padEnd(usage.length));
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
