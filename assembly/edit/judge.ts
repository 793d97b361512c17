// Judges the value that a client gave to a member with a limit, with rules for its model, to
// `stream`, to `stream_options`, or to a member that may have only one value. Comes in: the value's
// whole text; goes out: a verdict. Kept until the next call: `replacement`, and the model that the
// value names.

import { Bytes, bytesOf, contains, copyOf, equals, find, isDigit } from "../bytes/bytes";
import { Char } from "../bytes/chars";
import { matchesGlob } from "../bytes/glob";
import { skipWhitespace } from "../bytes/lanes";
import { unescapeString } from "../json/unescape";
import {
  Action,
  MAX_KEPT_OPTIONS_BYTES,
  MAX_WITHHELD_BYTES,
  Member,
  ModelRules,
} from "./edit-plan";
import { compareNumbers } from "./numbers";

export const enum Verdict {
  Valid,
  /** The value is blanked, and `replacement` takes its place. */
  Replaced,
  InvalidJson,
  TooDeep,
  DuplicateMember,
  /** A judged member has a value of the wrong type, or one that is too long. */
  InvalidParameter,
  ModelNotAllowed,
  /** A member that depends on the model comes before it, and is too long to be withheld. */
  ModelTooLate,
}

/** A judged value has at most this many bytes. */
export const MAX_JUDGED_BYTES: usize = 256;

/** JSON text that takes the value's place, after `judge` returned Replaced. */
export let replacement: Bytes = new ArrayBuffer(0);

/**
 * The name of the model that goes out, unescaped; an empty run unless the last value judged was a
 * model.
 */
export let modelStart: usize = 0;
export let modelEnd: usize = 0;

const modelBuffer = memory.data(256);
const nullText = String.UTF8.encode("null");
const trueText = String.UTF8.encode("true");
const falseText = String.UTF8.encode("false");

/**
 * Judges the JSON value from `start` to `end`. An explicit null names nothing and exceeds nothing.
 */
export function judge(member: Member, start: usize, end: usize): Verdict {
  modelStart = modelEnd = 0;
  if (member.isForStreams) return judgeOptions(member.fallback, start, end);
  if (member.action == Action.Withhold) return withhold(member, start, end);
  if (end - start > MAX_JUDGED_BYTES) return tooLong(member);
  const forced = member.forced;
  if (forced !== null) return judgeOnly(forced, start, end);
  if (equals(nullText, start, end)) return Verdict.Valid;
  const models = member.models;
  if (models) return judgeModel(models, start, end);
  if (member.isStream) return judgeFlag(start, end);
  return judgeNumber(member, start, end);
}

/** What is wrong with a value that has too many bytes. */
export function tooLong(member: Member): Verdict {
  return member.action == Action.Withhold ? Verdict.ModelTooLate : Verdict.InvalidParameter;
}

// The value is replaced by itself, until the model is known.
function withhold(member: Member, start: usize, end: usize): Verdict {
  if (end - start > <usize>MAX_WITHHELD_BYTES) return tooLong(member);
  replacement = copyOf(start, end);
  return Verdict.Replaced;
}

const INCLUDE_USAGE = bytesOf('"include_usage"');

// Options that say nothing about usage, null included, count as not sent. What they say otherwise
// goes out beside the question for usage.
function judgeOptions(asking: Bytes | null, start: usize, end: usize): Verdict {
  if (asking === null) return Verdict.Valid;
  replacement = asking;
  if (equals(nullText, start, end)) return Verdict.Replaced;
  if (load<u8>(start) != Char.OpenBrace) return Verdict.Valid;
  const rest = skipWhitespace(start + 1, end);
  if (load<u8>(rest) == Char.CloseBrace) return Verdict.Replaced;
  if (<i32>(end - rest) > MAX_KEPT_OPTIONS_BYTES || contains(INCLUDE_USAGE, rest, end)) {
    return Verdict.Valid;
  }
  // The comma takes the place of the brace that closes `asking`.
  const size = asking.byteLength;
  const both = new ArrayBuffer(size + <i32>(end - rest));
  memory.copy(changetype<usize>(both), changetype<usize>(asking), size);
  store<u8>(changetype<usize>(both) + size - 1, Char.Comma);
  memory.copy(changetype<usize>(both) + size, rest, end - rest);
  replacement = both;
  return Verdict.Replaced;
}

// The configuration's value goes out in any case, so the client's is blanked.
function judgeOnly(forced: Bytes, start: usize, end: usize): Verdict {
  replacement = forced;
  const isSame = equals(forced, start, end) || equals(nullText, start, end);
  return isSame ? Verdict.Replaced : Verdict.InvalidParameter;
}

function judgeFlag(start: usize, end: usize): Verdict {
  const isFlag = equals(trueText, start, end) || equals(falseText, start, end);
  return isFlag ? Verdict.Valid : Verdict.InvalidParameter;
}

function judgeNumber(member: Member, start: usize, end: usize): Verdict {
  const first = load<u8>(start);
  const limit = member.limit;
  if (limit === null || (first != Char.Minus && !isDigit(first))) return Verdict.InvalidParameter;
  const bound = changetype<usize>(limit);
  const isUnlimited = member.isNonNegative && first == Char.Minus;
  if (!isUnlimited && compareNumbers(start, end, bound, bound + limit.byteLength) <= 0) {
    return Verdict.Valid;
  }
  replacement = limit;
  return Verdict.Replaced;
}

function judgeModel(models: ModelRules, start: usize, end: usize): Verdict {
  if (load<u8>(start) != Char.Quote) return Verdict.InvalidParameter;
  const nameEnd = unescapeString(start + 1, end - 1, modelBuffer);
  // A reader in C would end the name at a NUL.
  if (find(0, modelBuffer, nameEnd) != nameEnd) return Verdict.InvalidParameter;
  for (let i = 0; i < models.aliases.length; i++) {
    const alias = unchecked(models.aliases[i]);
    if (equals(alias.name, modelBuffer, nameEnd)) {
      replacement = alias.model;
      modelStart = changetype<usize>(alias.modelName);
      modelEnd = modelStart + alias.modelName.byteLength;
      return Verdict.Replaced;
    }
  }
  modelStart = modelBuffer;
  modelEnd = nameEnd;
  const allow = models.allow;
  if (allow === null) return Verdict.Valid;
  for (let i = 0; i < allow.length; i++) {
    if (matchesGlob(unchecked(allow[i]), modelBuffer, nameEnd)) return Verdict.Valid;
  }
  return Verdict.ModelNotAllowed;
}
