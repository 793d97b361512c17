// Writes the block of new members that goes before the closing brace. Comes in: the plan and what
// the client sent; goes out: exactly `plan.blockBytes` bytes. Nothing is kept between calls.

import { Bytes } from "../bytes/bytes";
import { Char } from "../bytes/chars";
import { EditPlan, Member } from "./edit-plan";

/** What an editor knows about the client's members at the closing brace. */
export class Seen {
  /** Bit i is set once the client has sent member i. */
  sent: u64 = 0;
  /** Whether a member of the client has gone out, so that the next one needs a comma. */
  hasKept: bool = false;
  /** Whether the request asks for a streamed answer, as far as it has been read. */
  streams: bool = false;
  /** Whether a member for streams has been added. */
  hasAddedForStreams: bool = false;
  /**
   * Entry i takes the place of the client's value for member i, or is that value if it is withheld.
   * Null until there is one.
   */
  replacements: StaticArray<Bytes | null> | null = null;

  /** Sets an entry of `replacements`; `plan` has the number of them. */
  replace(index: i32, value: Bytes, plan: EditPlan): void {
    let replacements = this.replacements;
    if (replacements === null) {
      replacements = new StaticArray<Bytes | null>(plan.members.length);
      this.replacements = replacements;
    }
    replacements[index] = value;
  }

  /** Whether the client's value for the member has been taken out. */
  replaces(index: i32): bool {
    const replacements = this.replacements;
    return replacements !== null && replacements[index] !== null;
  }
}

/** Writes one slot for each member, in order. Slots that are not needed are spaces. */
export function writeBlock(plan: EditPlan, seen: Seen, at: usize): void {
  memory.fill(at, Char.Space, plan.blockBytes);
  let needsComma = seen.hasKept;
  for (let i = 0; i < plan.members.length; i++) {
    const member = unchecked(plan.members[i]);
    const value = chooseValue(member, i, seen);
    if (value !== null) {
      const isOwn = value === member.forced || value === member.fallback;
      const prefix = isOwn ? member.ownPrefix : member.prefix;
      writeSlot(prefix, value, at, needsComma);
      needsComma = true;
    }
    at += unchecked(plan.slots[i]);
  }
}

function chooseValue(member: Member, index: i32, seen: Seen): Bytes | null {
  if (member.forced !== null) return member.forced;
  const replacements = seen.replacements;
  let value: Bytes | null = null;
  if (replacements !== null) value = unchecked(replacements[index]);
  if (value === null && (seen.sent & member.group) == 0) value = member.fallback;
  if (value === null || !member.isForStreams) return value;
  if (!seen.streams) return null;
  seen.hasAddedForStreams = true;
  return value;
}

function writeSlot(prefix: Bytes, value: Bytes, at: usize, needsComma: bool): void {
  memory.copy(at, changetype<usize>(prefix), prefix.byteLength);
  memory.copy(at + prefix.byteLength, changetype<usize>(value), value.byteLength);
  if (!needsComma) store<u8>(at, Char.Space);
}
