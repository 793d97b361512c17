// What an editor does with the top-level members of one kind of body: made once from the
// configuration, read by every stream.

import { Bytes, bytesOf, equals, lowerInPlace } from "../bytes/bytes";
import { Char } from "../bytes/chars";
import { matchesGlob } from "../bytes/glob";

/**
 * Beside its name a key may have two quotes, a NUL written as \u0000, and the rest of an escape
 * that is split there.
 */
export const KEY_SLACK_BYTES: i32 = 12;

// What a key may name instead of a member, by its index. A NUL ends the key for readers in C and for
// no others: the body is refused.
export const NO_MEMBER: i32 = -1;
export const HAS_NUL: i32 = -2;

/** What the editor does with the client's member. */
export const enum Action {
  /** It goes out as it came. */
  Keep,
  /** It is blanked, in every copy. */
  Blank,
  /** Its value decides. A second copy is refused. */
  Judge,
  /**
   * It is blanked, and decided about when the model is known. If it is kept, the block has it. A
   * second copy is refused.
   */
  Withhold,
}

/** The value of a withheld member has at most this many bytes: each body grows by as many. */
export const MAX_WITHHELD_BYTES: i32 = 64;

/** A client's options for streams that do not ask for usage are kept if they are not longer. */
export const MAX_KEPT_OPTIONS_BYTES: i32 = 32;

/** A name that clients may use for a provider's model. */
export class Alias {
  constructor(
    public name: Bytes,
    /** JSON text of the provider's model, and the same unquoted. */
    public model: Bytes,
    public modelName: Bytes,
  ) {}
}

/** Judges the model that a client names. */
export class ModelRules {
  /** Globs; null if any model is allowed. */
  allow: Bytes[] | null = null;
  aliases: Alias[] = [];
}

/** One managed member. JSON texts are null if there is none. */
export class Member {
  action: Action = Action.Keep;
  forced: Bytes | null = null;
  fallback: Bytes | null = null;
  limit: Bytes | null = null;
  /** Whether a number below 0 counts as above the limit. */
  isNonNegative: bool = false;
  models: ModelRules | null = null;
  /** Whether it is `stream`, whose value decides whether members for streams are added. */
  isStream: bool = false;
  /**
   * Whether it is `stream_options`, whose default asks for usage, and is added only if the request
   * asks for a streamed answer.
   */
  isForStreams: bool = false;
  /** The members of its group: the default is not added if the client sent any of them. */
  group: u64 = 0;
  /** `,"name":`, with which its slot begins. */
  prefix: Bytes;
  /** The same for `forced` and `fallback`, which may have another name. */
  ownPrefix: Bytes;
  /** Size of the slot in the block that it needs; 0 if nothing is ever added. */
  slotBytes: i32 = 0;

  constructor(
    /** The name as foldKey folds it. */
    public folded: Bytes,
    public name: string,
  ) {
    const prefix = bytesOf(',"' + name + '":');
    this.prefix = prefix;
    this.ownPrefix = prefix;
  }

  /** Sizes the slot for the longest value that it may get. */
  fit(): void {
    let longest = max(lengthOf(this.forced), max(lengthOf(this.fallback), lengthOf(this.limit)));
    const models = this.models;
    if (models) {
      for (let i = 0; i < models.aliases.length; i++) {
        longest = max(longest, models.aliases[i].model.byteLength);
      }
    }
    if (this.isForStreams) longest += MAX_KEPT_OPTIONS_BYTES;
    const prefixBytes = max(this.prefix.byteLength, this.ownPrefix.byteLength);
    this.slotBytes = longest == 0 ? 0 : prefixBytes + longest;
  }
}

/** The plan for the models that match a glob, which is in lower case. */
export class ModelPlan {
  constructor(
    public glob: Bytes,
    public plan: EditPlan,
  ) {}
}

/** The plan of the first of `choices` that matches a model; null if there is no model. */
export function choose(choices: ModelPlan[], model: Bytes | null): EditPlan {
  const name = lowerInPlace(model === null ? new ArrayBuffer(0) : model.slice(0));
  const start = changetype<usize>(name);
  const end = start + name.byteLength;
  let i = 0;
  while (!matchesGlob(unchecked(choices[i]).glob, start, end)) i++;
  return choices[i].plan;
}

export class EditPlan {
  /** Sizes of the members' slots. */
  slots: StaticArray<i32>;
  /**
   * Size of the block before the closing brace: the body grows by exactly that. At least 1: a body
   * without its brace is then shorter than the announced content-length, and can't reach the
   * provider as a complete request.
   */
  blockBytes: i32 = 1;
  /**
   * A key of at most this many bytes is held until it ends: that is enough to name any managed
   * member, even with every character written as \uXXXX. Includes KEY_SLACK_BYTES.
   */
  longestKeyBytes: usize = 0;
  /**
   * Whether the answer is streamed if the client does not say so, or if its `stream` is overridden.
   */
  streams: bool = false;
  /** The bit of `stream` in Seen.sent; 0 if it is not managed. */
  streamBit: u64 = 0;
  /** Whether the model does not depend on the client. */
  isModelFixed: bool = false;
  /**
   * The plans of which the model decides. The first that matches is used, and the last matches every
   * model. Empty if this plan is for all models.
   */
  choices: ModelPlan[] = [];

  /** `members` are complete: `fit` has been called on each. */
  constructor(
    public members: Member[],
    /**
     * The model if the client names none, or if its `model` is overridden; null if there is none.
     */
    public modelName: Bytes | null = null,
  ) {
    let block = 0;
    let longestName = 0;
    this.slots = new StaticArray<i32>(members.length);
    for (let i = 0; i < members.length; i++) {
      const member = members[i];
      this.slots[i] = member.slotBytes;
      block += member.slotBytes;
      longestName = max(longestName, member.name.length);
      if (!member.isStream) continue;
      this.streamBit = (<u64>1) << i;
      this.streams = isTrue(member.forced) || isTrue(member.fallback);
    }
    this.blockBytes = max(1, block);
    this.longestKeyBytes = longestName * 6 + KEY_SLACK_BYTES;
  }

  /** Which member a folded key names, or NO_MEMBER. */
  find(start: usize, end: usize): i32 {
    const members = this.members;
    for (let i = 0; i < members.length; i++) {
      if (equals(unchecked(members[i]).folded, start, end)) return i;
    }
    return NO_MEMBER;
  }
}

function isTrue(json: Bytes | null): bool {
  return json !== null && load<u8>(changetype<usize>(json)) == Char.t;
}

function lengthOf(bytes: Bytes | null): i32 {
  return bytes === null ? 0 : bytes.byteLength;
}
