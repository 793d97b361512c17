// The names and words that are read in an answer, and what they mean. Kept between calls: a table
// of their hashes, which is made once.

import { bytesOf } from "../bytes/bytes";
import { Char } from "../bytes/chars";
import { HASH_START, hashByte } from "../bytes/key-hash";

/** A name of a member, or a word that is a member's value. */
export const enum Key {
  /** Any that is not read. */
  Other,
  // Every chunk of a stream may have these, so that a client loses nothing with them.
  Id,
  Object,
  Created,
  Model,
  SystemFingerprint,
  ServiceTier,
  Obfuscation,
  Provider,
  Choices,
  Usage,
  // In the order of Count.
  InputTokens,
  OutputTokens,
  CacheReadTokens,
  CacheCreationTokens,
  PromptTokens,
  CompletionTokens,
  TotalTokens,
  CachedTokens,
  ReasoningTokens,
  AudioTokens,
  AudioSeconds,
  // Other names of these, in the order of OTHER_COUNTS in usage.ts.
  ThinkingTokens,
  CacheHitTokens,
  NumCachedTokens,
  PromptTokenCount,
  CandidatesTokenCount,
  TotalTokenCount,
  CachedContentTokenCount,
  ThoughtsTokenCount,
  BedrockInputTokens,
  BedrockOutputTokens,
  BedrockTotalTokens,
  BedrockCacheReadTokens,
  BedrockCacheWriteTokens,
  TotalInputTokens,
  TotalOutputTokens,
  TotalCachedTokens,
  TotalThoughtTokens,
  SearchUnits,
  // Ollama's, at the top.
  PromptEvalCount,
  EvalCount,
  // Objects and arrays.
  Response,
  Message,
  XGroq,
  Delta,
  Interaction,
  UsageMetadata,
  Meta,
  BilledUnits,
  Tokens,
  BaseResp,
  Iterations,
  PromptDetails,
  InputDetails,
  CompletionDetails,
  OutputDetails,
  // Texts and numbers.
  Type,
  Code,
  ErrorCode,
  FinishReason,
  RequestId,
  StatusCode,
  Error,
  // Words.
  ChatChunk,
  Completed,
  Incomplete,
  Failed,
  MessageStop,
}

// In the order of Key, each with a space after it. In one text, as each text has a header.
const NAMES = bytesOf(
  "id object created model system_fingerprint service_tier obfuscation provider choices usage " +
    "input_tokens output_tokens cache_read_input_tokens cache_creation_input_tokens prompt_tokens " +
    "completion_tokens total_tokens cached_tokens reasoning_tokens audio_tokens " +
    "prompt_audio_seconds thinking_tokens " +
    "prompt_cache_hit_tokens num_cached_tokens promptTokenCount candidatesTokenCount " +
    "totalTokenCount cachedContentTokenCount thoughtsTokenCount inputTokens outputTokens " +
    "totalTokens cacheReadInputTokens cacheWriteInputTokens total_input_tokens " +
    "total_output_tokens total_cached_tokens total_thought_tokens search_units " +
    "prompt_eval_count eval_count " +
    "response message x_groq delta interaction usageMetadata meta billed_units tokens base_resp " +
    "iterations " +
    "prompt_tokens_details input_tokens_details completion_tokens_details output_tokens_details " +
    "type code error_code finish_reason request_id status_code error chat.completion.chunk " +
    "response.completed response.incomplete response.failed message_stop ",
);

const KEYS: i32 = 69;
const SLOTS: i32 = 256;
const hashes = new StaticArray<u64>(KEYS);
/** Which key has a hash with this lowest byte, or a lower one if that slot is taken. */
const slots = new StaticArray<u8>(SLOTS);
fillTable();

function fillTable(): void {
  let key = 0;
  let hash = HASH_START;
  const start = changetype<usize>(NAMES);
  for (let at = start; at < start + NAMES.byteLength; at++) {
    const letter = load<u8>(at);
    if (letter != Char.Space) {
      hash = hashByte(hash, letter);
      continue;
    }
    hashes[++key] = hash;
    let slot = <u8>hash;
    while (slots[slot] != 0) slot++;
    slots[slot] = <u8>key;
    hash = HASH_START;
  }
}

/** The key with this hash. */
export function keyOf(hash: u64): Key {
  let slot = <u8>hash;
  let key = unchecked(slots[slot]);
  while (key != Key.Other && unchecked(hashes[key]) != hash) key = unchecked(slots[++slot]);
  return key;
}

/** Which object or array is open. Any other is skipped. At most 15. */
export const enum Place {
  None,
  Top,
  /** A `response`, `message` or another, which contains what other APIs have at the top. */
  Wrapper,
  /** An element of `choices`. */
  Choice,
  /** MiniMax's `base_resp`, which says whether the request has failed. */
  Status,
  Choices,
  Usage,
  /** The details of the prompt, and others. */
  PromptDetails,
  OtherDetails,
  Iterations,
  Iteration,
}

/** The place that a member opens. */
export function placeIn(place: Place, key: Key): Place {
  switch (place) {
    case Place.Top:
      if (key == Key.Choices) return Place.Choices;
      if (key == Key.BaseResp) return Place.Status;
      if (key >= Key.Response && key <= Key.Interaction) return Place.Wrapper;
      return isUsage(key) ? Place.Usage : Place.None;
    case Place.Wrapper:
      return isUsage(key) ? Place.Usage : Place.None;
    case Place.Choice:
      return key == Key.Usage ? Place.Usage : Place.None;
    case Place.Choices:
      return Place.Choice;
    case Place.Usage:
      if (key == Key.Iterations) return Place.Iterations;
      // Cohere's: what it bills, and then all tokens.
      if (key == Key.BilledUnits || key == Key.Tokens) return Place.Usage;
      if (key == Key.PromptDetails || key == Key.InputDetails) return Place.PromptDetails;
      return key == Key.CompletionDetails || key == Key.OutputDetails
        ? Place.OtherDetails
        : Place.None;
    case Place.Iterations:
      return Place.Iteration;
    default:
      return Place.None;
  }
}

// Gemini's is `usageMetadata`, and Cohere's first version has it in `meta`.
function isUsage(key: Key): bool {
  return key == Key.Usage || key == Key.UsageMetadata || key == Key.Meta;
}

/** Whether the member is an error, if it is an object or a text. */
export function isError(place: Place, key: Key): bool {
  return key == Key.Error && place <= Place.Choice;
}

/** Whether the text that a member has for a value is read. */
export function isWord(place: Place, key: Key): bool {
  if (place == Place.Choice) return key == Key.FinishReason;
  if (place != Place.Top) return false;
  return key == Key.Object || key == Key.Type || key == Key.Code || key == Key.ErrorCode;
}
