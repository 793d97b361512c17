// The token counts of an answer, by any of their names: OpenAI's chat and legacy completions and
// its embeddings have `prompt_tokens` and `completion_tokens`, its Responses and Anthropic have
// `input_tokens` and `output_tokens`. Anthropic's `input_tokens` leave out cached tokens (see each
// provider's API reference). Kept between calls: the last value of each.

import { hashOf } from "../bytes/key-hash";

/** The answer has not given the number. */
export const UNKNOWN: u32 = u32.MAX_VALUE;

const PROMPT_TOKENS = hashOf("prompt_tokens");
const COMPLETION_TOKENS = hashOf("completion_tokens");
const INPUT_TOKENS = hashOf("input_tokens");
const OUTPUT_TOKENS = hashOf("output_tokens");
const CACHED_TOKENS = hashOf("cached_tokens");
const REASONING_TOKENS = hashOf("reasoning_tokens");
const CACHE_HIT_TOKENS = hashOf("prompt_cache_hit_tokens"); // DeepSeek's
const CACHE_READ_TOKENS = hashOf("cache_read_input_tokens"); // Anthropic's
const CACHE_CREATION_TOKENS = hashOf("cache_creation_input_tokens");

export class Usage {
  private prompt: u32 = UNKNOWN;
  private completion: u32 = UNKNOWN;
  private input: u32 = UNKNOWN;
  private output: u32 = UNKNOWN;
  private cached: u32 = UNKNOWN;
  private reasoning: u32 = UNKNOWN;
  private cacheRead: u32 = UNKNOWN;
  private cacheCreation: u32 = UNKNOWN;

  /** Forgets all numbers. */
  protected forget(): void {
    this.prompt = this.completion = this.input = this.output = UNKNOWN;
    this.cached = this.reasoning = this.cacheRead = this.cacheCreation = UNKNOWN;
  }

  /** Whether the answer has given any token count. */
  get isKnown(): bool {
    return this.promptTokens != UNKNOWN || this.completionTokens != UNKNOWN;
  }

  /** Tokens of the prompt, including cached ones, or UNKNOWN. */
  get promptTokens(): u32 {
    if (this.input == UNKNOWN) return this.prompt;
    // Some relays send both names, one of them with 0.
    if (this.prompt != UNKNOWN) return max(this.prompt, this.input);
    return this.input + known(this.cacheRead) + known(this.cacheCreation);
  }

  /** Tokens of the completion, or UNKNOWN. */
  get completionTokens(): u32 {
    if (this.completion == UNKNOWN) return this.output;
    return this.output == UNKNOWN ? this.completion : max(this.completion, this.output);
  }

  /** Tokens of the prompt that came from the provider's cache, or UNKNOWN. */
  get cachedTokens(): u32 {
    return this.cached == UNKNOWN ? this.cacheRead : this.cached;
  }

  /** Tokens of the completion that were spent on reasoning, or UNKNOWN. */
  get reasoningTokens(): u32 {
    return this.reasoning;
  }

  /** Takes a number by the hash of its key. `isDetail`: it is in an object of details. */
  protected note(hash: u64, value: u32, isDetail: bool): void {
    if (hash == CACHED_TOKENS || hash == CACHE_HIT_TOKENS) this.cached = value;
    else if (hash == REASONING_TOKENS) this.reasoning = value;
    else if (isDetail) return;
    else if (hash == PROMPT_TOKENS) this.prompt = value;
    else if (hash == COMPLETION_TOKENS) this.completion = value;
    else if (hash == INPUT_TOKENS) this.input = value;
    else if (hash == OUTPUT_TOKENS) this.output = value;
    else if (hash == CACHE_READ_TOKENS) this.cacheRead = value;
    else if (hash == CACHE_CREATION_TOKENS) this.cacheCreation = value;
  }
}

function known(count: u32): u32 {
  return count == UNKNOWN ? 0 : count;
}
