// The token counts of an answer as they are billed, by any of their names: OpenAI's chat and legacy
// completions and its embeddings have `prompt_tokens` and `completion_tokens`, its Responses and
// Anthropic have `input_tokens` and `output_tokens`. Anthropic's `input_tokens` leave out cached
// tokens (see each provider's API reference). Comes in: the numbers of one usage after another.
// Kept between calls: the last value of each.

import { Key, Place } from "./answer-keys";

/** The answer has not given the number. */
export const UNKNOWN: u64 = u64.MAX_VALUE;

// An unknown count, and the largest one. Their sums have 64 bits.
const NO_COUNT: u32 = u32.MAX_VALUE;
const LARGEST: u64 = NO_COUNT - 1;

// In the order of Key.
const enum Count {
  // Those of an iteration, in the order of the sums below.
  Input,
  Output,
  CacheRead,
  CacheCreation,
  Prompt,
  Completion,
  Total,
  Cached,
  Reasoning,
  /** Of the prompt. */
  Audio,
  /**
   * Mistral's length of the audio in the prompt, whose tokens may be in the total alone; without
   * tokens, Cohere's search units. A count of their own would take 16 bytes more for each stream.
   */
  Units,
}
const ITERATION_COUNTS: i32 = 4;
const COUNTS: i32 = 11;

export class Usage {
  // In the order of Count, and read by their index: an array of their own would take 24 bytes more
  // for each stream.
  private input: u32 = NO_COUNT;
  private output: u32 = NO_COUNT;
  private cacheRead: u32 = NO_COUNT;
  private cacheCreation: u32 = NO_COUNT;
  private prompt: u32 = NO_COUNT;
  private completion: u32 = NO_COUNT;
  private total: u32 = NO_COUNT;
  private cached: u32 = NO_COUNT;
  private reasoning: u32 = NO_COUNT;
  private audio: u32 = NO_COUNT;
  private units: u32 = NO_COUNT;
  /** Whether a number is out of range, so that nothing is known. */
  private isOutOfRange: bool = false;
  /** Whether the counts are those of a choice, which those of the whole answer replace. */
  private isOfChoice: bool = false;
  /** Whether the usage that is being read has had an iteration. */
  private hasIterations: bool = false;

  /** Forgets all numbers. */
  protected forget(): void {
    this.isOutOfRange = this.isOfChoice = false;
    this.clear(COUNTS);
  }

  // Makes the first counts unknown.
  private clear(end: i32): void {
    for (let i = 0; i < end; i++) store<u32>(this.placeOf(i), NO_COUNT);
  }

  private placeOf(index: i32): usize {
    return changetype<usize>(this) + offsetof<Usage>("input") + ((<usize>index) << 2);
  }

  private count(index: i32): u64 {
    const count = load<u32>(this.placeOf(index));
    return count == NO_COUNT ? UNKNOWN : count;
  }

  /** Whether the answer has given any token count. Only then have the others a meaning. */
  get isKnown(): bool {
    const isGiven = this.promptTokens != UNKNOWN || this.completionTokens != UNKNOWN;
    return isGiven && !this.isOutOfRange;
  }

  /** Tokens of the prompt, including cached ones, or UNKNOWN. */
  get promptTokens(): u64 {
    const prompt = this.givenPrompt();
    // A total alone is that of an embedding.
    if (prompt == UNKNOWN && this.givenCompletion() == UNKNOWN) return this.count(Count.Total);
    const rest = this.rest();
    return rest != 0 && rest == this.count(Count.Audio) ? prompt + rest : prompt;
  }

  /** Tokens of the completion, including reasoning, or UNKNOWN. */
  get completionTokens(): u64 {
    const completion = this.givenCompletion();
    const rest = this.rest();
    const reasoning = this.count(Count.Reasoning);
    const isReasoning =
      reasoning == rest || (reasoning == UNKNOWN && known(this.count(Count.Units)) == 0);
    return isReasoning && rest != this.count(Count.Audio) ? completion + rest : completion;
  }

  /** Tokens of the prompt that came from the provider's cache, or UNKNOWN. */
  get cachedTokens(): u64 {
    const cached = this.count(Count.Cached);
    return cached == UNKNOWN ? this.count(Count.CacheRead) : cached;
  }

  /** Tokens of the completion that were spent on reasoning, or UNKNOWN. */
  get reasoningTokens(): u64 {
    return this.count(Count.Reasoning);
  }

  /** Units of a rerank, which has no tokens, or UNKNOWN. */
  get searchUnits(): u64 {
    return this.isKnown ? UNKNOWN : this.count(Count.Units);
  }

  private givenPrompt(): u64 {
    const prompt = this.count(Count.Prompt);
    const input = this.count(Count.Input);
    if (input == UNKNOWN) return prompt;
    // Some relays send both names, one of them with 0.
    if (prompt != UNKNOWN) return max(prompt, input);
    return input + known(this.count(Count.CacheRead)) + known(this.count(Count.CacheCreation));
  }

  private givenCompletion(): u64 {
    const completion = this.count(Count.Completion);
    const output = this.count(Count.Output);
    if (completion == UNKNOWN) return output;
    return output == UNKNOWN ? completion : max(completion, output);
  }

  // What the total has beside prompt and completion, as given. Some providers leave audio out of
  // the prompt (Mistral), or reasoning out of the completion (xAI, Gemini).
  private rest(): u64 {
    const total = this.count(Count.Total);
    const prompt = this.givenPrompt();
    const completion = this.givenCompletion();
    if (total == UNKNOWN || prompt == UNKNOWN || completion == UNKNOWN) return 0;
    return total > prompt + completion ? total - prompt - completion : 0;
  }

  /**
   * A usage begins. `isOfChoice`: it is that of one choice. False if it is not to be read, as the
   * whole answer's is known.
   */
  protected beginUsage(isOfChoice: bool): bool {
    if (isOfChoice && !this.isOfChoice && this.isKnown) return false;
    if (this.isOfChoice && !isOfChoice) this.clear(COUNTS);
    this.isOfChoice = isOfChoice;
    this.hasIterations = false;
    return true;
  }

  /**
   * Takes a number within a usage. `isCount`: it is a whole number, and not negative. A zero does
   * not replace a count, as relays end a stream with a usage of zeros.
   */
  protected note(place: Place, key: Key, value: u64, isCount: bool): void {
    const index = countOf(place, key);
    if (index < 0) return;
    const isSummed = index < ITERATION_COUNTS;
    if (place == Place.Iteration) {
      if (!isSummed) return;
      if (!this.hasIterations) this.clear(ITERATION_COUNTS);
      this.hasIterations = true;
      // The sum is billed, and the top has less.
      value += known(this.count(index));
    } else if (isSummed && this.hasIterations) {
      return;
    }
    if (!isCount || value > LARGEST) this.isOutOfRange = true;
    if (value != 0 || this.count(index) == UNKNOWN) store<u32>(this.placeOf(index), <u32>value);
  }
}

// The Count of each name from Key.ThinkingTokens on.
const OTHER_COUNTS: StaticArray<i32> = [
  Count.Reasoning,
  Count.Cached,
  Count.Cached,
  // Gemini's; its completion has no reasoning.
  Count.Prompt,
  Count.Completion,
  Count.Total,
  Count.Cached,
  Count.Reasoning,
  // Bedrock's; its input has no cached tokens.
  Count.Input,
  Count.Output,
  Count.Total,
  Count.CacheRead,
  Count.CacheCreation,
  // Those of Gemini's interactions.
  Count.Prompt,
  Count.Completion,
  Count.Cached,
  Count.Reasoning,
  // Cohere's search units.
  Count.Units,
  // Ollama's.
  Count.Prompt,
  Count.Completion,
];

// Which Count a member gives, or a number below 0.
function countOf(place: Place, key: Key): i32 {
  const index = <i32>key - <i32>Key.InputTokens;
  if (key >= Key.ThinkingTokens) {
    return index < COUNTS + OTHER_COUNTS.length ? unchecked(OTHER_COUNTS[index - COUNTS]) : -1;
  }
  if (place == Place.PromptDetails || place == Place.OtherDetails) {
    if (index < Count.Cached) return -1;
  }
  return index == Count.Audio && place != Place.PromptDetails ? -1 : index;
}

function known(count: u64): u64 {
  return count == UNKNOWN ? 0 : count;
}
