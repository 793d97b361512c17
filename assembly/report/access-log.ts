// Passes a call to the access log: as filter state, which `%FILTER_STATE(wasm.NAME:PLAIN)%` prints.
// What is not known is not set, and prints as `-`. What Envoy has operators for is not set either
// (`%ROUTE_NAME%`, `%UPSTREAM_CLUSTER%`, `%DOWNSTREAM_PEER_URI_SAN%`), as a field costs more than
// any other call to the host. Comes in: a Call that is over. Kept between calls: the last model.

import {
  cachedTokensState,
  completionTokensState,
  firstEventState,
  keyState,
  modelState,
  outcomes,
  outcomeState,
  promptTokensState,
  reasoningTokensState,
} from "../../contract/telemetry";
import { Bytes, bytesOf, MOST_DIGITS, writeWhole } from "../bytes/bytes";
import { Char } from "../bytes/chars";
import { setProperty } from "../host/host";
import { isGraphic } from "../labels";
import { UNKNOWN } from "../response/usage";
import { Call, NO_TIME } from "./call";

const MODEL = bytesOf(modelState);
const PROMPT_TOKENS = bytesOf(promptTokensState);
const COMPLETION_TOKENS = bytesOf(completionTokensState);
const OUTCOME = bytesOf(outcomeState);
const FIRST_EVENT = bytesOf(firstEventState);
const KEY = bytesOf(keyState);
const CACHED_TOKENS = bytesOf(cachedTokensState);
const REASONING_TOKENS = bytesOf(reasoningTokensState);

const digits = memory.data(MOST_DIGITS);
const outcomeTexts: Bytes[] = outcomes.map<Bytes>((name) => bytesOf(name));

/** Sets the current stream's filter state. */
export function logCall(call: Call): void {
  setText(OUTCOME, unchecked(outcomeTexts[call.outcome]));
  const model = call.modelName;
  // An empty one would print as nothing, and shift the fields after it.
  if (model !== null && model.byteLength != 0) setText(MODEL, clean(model));
  if (call.firstEvent != NO_TIME) setNumber(FIRST_EVENT, call.firstEvent);
  if (call.keyPosition != 0) setNumber(KEY, call.keyPosition);
  const usage = call.usage;
  if (usage === null || !usage.isKnown) return;
  setTokens(PROMPT_TOKENS, usage.promptTokens);
  setTokens(COMPLETION_TOKENS, usage.completionTokens);
  setTokens(CACHED_TOKENS, usage.cachedTokens);
  setTokens(REASONING_TOKENS, usage.reasoningTokens);
}

function setText(name: Bytes, value: Bytes): void {
  const start = changetype<usize>(value);
  setProperty(name, start, start + value.byteLength);
}

function setTokens(name: Bytes, tokens: u64): void {
  if (tokens != UNKNOWN) setNumber(name, tokens);
}

function setNumber(name: Bytes, value: u64): void {
  setProperty(name, digits, writeWhole(value, digits));
}

// The last model, as it came and as it is printed. Most calls have one that the configuration
// names, and so the very same bytes.
let lastModel: Bytes | null = null;
let lastCleaned: Bytes = new ArrayBuffer(0);

// `?` replaces everything but printable ASCII, and spaces, quotes and backslashes: they would end a
// field, or a line.
function clean(model: Bytes): Bytes {
  if (model === lastModel) return lastCleaned;
  const cleaned = model.slice(0);
  const start = changetype<usize>(cleaned);
  for (let at = start; at < start + cleaned.byteLength; at++) {
    const byte = load<u8>(at);
    if (!isGraphic(byte) || byte == Char.Quote || byte == Char.Backslash)
      store<u8>(at, Char.Question);
  }
  lastModel = model;
  lastCleaned = cleaned;
  return cleaned;
}
