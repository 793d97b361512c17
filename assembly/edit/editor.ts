// Edits a JSON object while it passes: managed top-level members are overwritten with spaces, new
// ones go in one block of a fixed size before the closing brace, and every other byte goes out as
// it came. When the block and the brace go out is the caller's choice. Comes in: a chunk of the body
// in memory; goes out: the same memory, edited, with the bytes held from the previous chunk before
// it and without the bytes held for the next. Kept between calls: the scanner, what is known of the
// client's members, and the held bytes.

import { MAX_MEMBER_NAME_LENGTH } from "../../contract/limits";
import { Bytes, copyOf, find } from "../bytes/bytes";
import { Char } from "../bytes/chars";
import { JsonStep, Scanner } from "../json/scanner";
import { foldKey, unescapeString } from "../json/unescape";
import { Seen, writeBlock } from "./block";
import { Action, choose, EditPlan, HAS_NUL, KEY_SLACK_BYTES, Member, NO_MEMBER } from "./edit-plan";
import { HeldBytes, MAX_HELD_MEMBER_BYTES } from "./held-bytes";
import { LongKey } from "./long-key";
import {
  judge,
  MAX_JUDGED_BYTES,
  modelEnd,
  modelStart,
  replacement,
  tooLong,
  Verdict,
} from "./judge";
import { refused, settleWithheld } from "./withheld";

const keyBuffer = memory.data(MAX_MEMBER_NAME_LENGTH * 6 + KEY_SLACK_BYTES);

export class Editor {
  /** After `feed`: what goes out, and whether it differs from the chunk that came in. */
  outStart: usize = 0;
  outEnd: usize = 0;
  changed: bool = false;
  /** The member that a verdict other than Valid is about; null if it is about the whole body. */
  culprit: Member | null = null;
  /** The model that goes out, unescaped; null if there is none. Known once `complete`. */
  model: Bytes | null = null;

  private scanner: Scanner = new Scanner();
  private seen: Seen = new Seen();
  /** The member that is undecided, or what begins with the closing brace and has not gone out. */
  private held: HeldBytes = new HeldBytes();
  /** The key that is too long to be held, and whether the chunk begins within it. */
  private longKey: LongKey = new LongKey();
  private inLongKey: bool = false;
  /** The index of the member whose value is read to be judged, or -1. */
  private judged: i32 = -1;
  /** Whether the current member is blanked. */
  private isBlanking: bool = false;

  /** Where the bytes to blank begin in this chunk; a place in memory while `feed` runs. */
  private blankStart: usize = 0;

  constructor(private plan: EditPlan) {
    this.restart(plan);
  }

  /** Begins a new body, with the memory of an earlier one. */
  restart(plan: EditPlan): void {
    this.plan = plan;
    this.culprit = null;
    this.model = plan.modelName;
    this.scanner.restart();
    const seen = this.seen;
    seen.sent = 0;
    seen.hasKept = seen.hasAddedForStreams = false;
    seen.streams = plan.streams;
    seen.replacements = null;
    this.judged = -1;
    this.changed = this.isBlanking = this.inLongKey = false;
    this.held.restart();
  }

  /** Whether the body is a whole, valid object. */
  get complete(): bool {
    return this.scanner.complete;
  }

  /**
   * Whether the filter has added the member that requests a streamed answer's usage. Known once
   * the block is written.
   */
  get asksForUsage(): bool {
    return this.seen.hasAddedForStreams;
  }

  /**
   * Edits the chunk from `start` to `end`. MAX_HELD_MEMBER_BYTES before it may be overwritten;
   * READ_AHEAD_BYTES after it are read. A verdict other than Valid is final, and the chunk must not
   * go out. If `complete` follows, `close` or `holdBrace` must, until `close` has been called.
   */
  feed(start: usize, end: usize): Verdict {
    this.changed = false;
    this.blankStart = start;
    this.outStart = this.held.restore(start);
    if (this.outStart != start) this.changed = true;
    this.outEnd = end;
    this.scanner.at = start;
    const verdict = this.scan(end);
    if (verdict != Verdict.Valid) return verdict;
    if (this.isBlanking) this.blank(end);
    if (this.inLongKey) this.longKey.feed(start, end);
    return this.held.start == 0 || this.complete ? Verdict.Valid : this.holdBack(end);
  }

  private scan(end: usize): Verdict {
    const scanner = this.scanner;
    const manages = this.plan.members.length != 0;
    let step = scanner.next(end);
    while (step != JsonStep.More) {
      if (step == JsonStep.Invalid) return Verdict.InvalidJson;
      if (step == JsonStep.TooDeep) return Verdict.TooDeep;
      if (step == JsonStep.Close) this.held.begin(scanner.at - 1);
      if (manages) {
        const verdict = this.follow(step, scanner.at);
        if (verdict != Verdict.Valid) return verdict;
      }
      step = scanner.next(end);
    }
    return Verdict.Valid;
  }

  private follow(step: JsonStep, at: usize): Verdict {
    const held = this.held;
    switch (step) {
      case JsonStep.Comma:
        held.begin(at - 1);
        return Verdict.Valid;
      case JsonStep.KeyStart:
        held.keyStart = at - 1;
        if (held.start == 0) held.start = at - 1;
        return Verdict.Valid;
      case JsonStep.KeyEnd:
        held.keyEnd = at;
        return this.endKey(at);
      case JsonStep.ValueStart:
        held.valueStart = at - 1;
        return this.judged >= 0 && isContainer(load<u8>(at - 1))
          ? this.judgeContainer(unchecked(this.plan.members[this.judged]))
          : Verdict.Valid;
      case JsonStep.Close:
        // A body without a model.
        return this.settle();
      default:
        if (this.judged >= 0) return this.decideByValue(at);
        if (this.isBlanking) this.blank(at);
        this.isBlanking = false;
        return Verdict.Valid;
    }
  }

  // Decides about the member whose key ends at `end`.
  private endKey(end: usize): Verdict {
    const keyStart = this.held.keyStart;
    if (!this.inLongKey && !this.isLongKey(end)) {
      const textEnd = unescapeString(keyStart + 1, end - 1, keyBuffer);
      if (find(0, keyBuffer, textEnd) != textEnd) return Verdict.InvalidParameter;
      return this.decideByKey(this.plan.find(keyBuffer, foldKey(keyBuffer, textEnd)));
    }
    // It is the first key of this chunk, of which nothing has been blanked.
    if (this.inLongKey) this.longKey.feed(this.blankStart, end - 1);
    else this.beginLongKey(end - 1);
    this.inLongKey = false;
    const index = this.longKey.find(this.plan);
    if (index == HAS_NUL) return Verdict.InvalidParameter;
    // Its beginning may have gone out.
    return index == NO_MEMBER
      ? this.decideByKey(index)
      : this.refuse(this.plan.members[index], Verdict.InvalidParameter);
  }

  private beginLongKey(end: usize): void {
    this.longKey.restart();
    this.longKey.feed(this.held.keyStart + 1, end);
  }

  private isLongKey(end: usize): bool {
    const keyStart = this.held.keyStart;
    return keyStart != 0 && end - keyStart > this.plan.longestKeyBytes;
  }

  private decideByKey(index: i32): Verdict {
    if (index == NO_MEMBER) {
      this.keep();
      return Verdict.Valid;
    }
    const member = unchecked(this.plan.members[index]);
    const bit = (<u64>1) << index;
    const isRepeated = (this.seen.sent & bit) != 0;
    this.seen.sent |= bit;
    if (member.action == Action.Blank) {
      this.drop();
      return Verdict.Valid;
    }
    const isRead = member.action != Action.Keep;
    // Of two copies, some readers take the first, and others the last.
    if (isRepeated && (isRead || this.seen.replaces(index))) {
      return this.refuse(member, Verdict.DuplicateMember);
    }
    if (!isRead || (member.isForStreams && this.isUnstreamed)) this.keep();
    else this.judged = index;
    return Verdict.Valid;
  }

  // Whether the client has said that it wants no stream.
  private get isUnstreamed(): bool {
    const seen = this.seen;
    return !seen.streams && (seen.sent & this.plan.streamBit) != 0;
  }

  private decideByValue(at: usize): Verdict {
    const index = this.judged;
    const member = unchecked(this.plan.members[index]);
    const valueStart = this.held.valueStart;
    const verdict = judge(member, valueStart, at);
    this.judged = -1;
    // An explicit null names no model.
    if (member.models) this.model = modelStart == 0 ? null : copyOf(modelStart, modelEnd);
    if (member.isStream) this.seen.streams = load<u8>(valueStart) == Char.t;
    if (verdict == Verdict.Valid) {
      this.keep();
    } else if (verdict == Verdict.Replaced) {
      this.seen.replace(index, replacement, this.plan);
      this.drop();
      this.blank(at);
      this.isBlanking = false;
    } else {
      return this.refuse(member, verdict);
    }
    return member.models ? this.settle() : Verdict.Valid;
  }

  // The model is known: decides about what has come before it.
  private settle(): Verdict {
    const before = this.plan;
    if (before.choices.length == 0) return Verdict.Valid;
    this.plan = choose(before.choices, this.model);
    const verdict = settleWithheld(before, this.plan, this.seen);
    return verdict == Verdict.Valid ? verdict : this.refuse(refused!, verdict);
  }

  // Long `stream_options` stay as they are.
  private endLongValue(member: Member): Verdict {
    if (!member.isForStreams) return this.refuse(member, tooLong(member));
    this.judged = -1;
    this.keep();
    return Verdict.Valid;
  }

  // Objects and arrays have no bound, and no rule judges them but the one for `stream_options`.
  private judgeContainer(member: Member): Verdict {
    const isRead = member.isForStreams || member.action == Action.Withhold;
    return isRead ? Verdict.Valid : this.refuse(member, Verdict.InvalidParameter);
  }

  private refuse(member: Member, verdict: Verdict): Verdict {
    this.culprit = member;
    return verdict;
  }

  // The undecided member goes out. Its comma becomes a space if no member before it has gone out.
  private keep(): void {
    const at = this.held.start;
    if (at != 0 && !this.seen.hasKept && load<u8>(at) == Char.Comma) {
      store<u8>(at, Char.Space);
      this.changed = true;
    }
    this.held.start = 0;
    this.seen.hasKept = true;
  }

  // The undecided member is blanked, beginning with its comma.
  private drop(): void {
    this.isBlanking = true;
    this.blankStart = this.held.start;
    this.held.start = 0;
  }

  private blank(end: usize): void {
    memory.fill(this.blankStart, Char.Space, end - this.blankStart);
    this.changed = true;
  }

  // Holds the member that is undecided at the end of a chunk.
  private holdBack(end: usize): Verdict {
    const held = this.held;
    if (this.judged >= 0) {
      const isLong = held.valueStart != 0 && end - held.valueStart > MAX_JUDGED_BYTES;
      if (isLong) return this.endLongValue(unchecked(this.plan.members[this.judged]));
    } else if (this.isLongKey(end)) {
      this.beginLongKey(end);
      this.inLongKey = true;
      this.keep();
      return Verdict.Valid;
    }
    this.outEnd = held.hold(end);
    this.changed = true;
    return Verdict.Valid;
  }

  /**
   * Writes the block before the closing brace. Called once, if `complete`. Overwrites as many bytes
   * after the chunk.
   */
  close(): void {
    const blockBytes = this.plan.blockBytes;
    const brace = this.held.start;
    memory.copy(brace + blockBytes, brace, this.outEnd - brace);
    writeBlock(this.plan, this.seen, brace);
    this.outEnd += blockBytes;
    this.held.begin(0);
    this.changed = true;
  }

  /** Instead of `feed` and before `close`, if the last chunk is empty: what is held goes out. */
  feedNothing(): void {
    const size = this.held.size;
    const room = changetype<usize>(new ArrayBuffer(size + this.plan.blockBytes));
    this.outEnd = room + size;
    this.outStart = this.held.restore(this.outEnd);
  }

  /** Holds the closing brace, and whitespace after it; more than fits goes out before it. */
  holdBrace(): void {
    const held = this.held;
    const last = this.outEnd - 1;
    if (this.outEnd - held.start > MAX_HELD_MEMBER_BYTES) {
      memory.copy(held.start, held.start + 1, last - held.start);
      store<u8>(last, Char.CloseBrace);
      held.start = last;
    }
    this.outEnd = held.hold(this.outEnd);
    this.changed = true;
  }

  /** Nothing of this chunk goes out. */
  clear(): void {
    this.outEnd = this.outStart;
    this.changed = true;
  }
}

function isContainer(byte: u8): bool {
  return byte == Char.OpenBrace || byte == Char.OpenBracket;
}
