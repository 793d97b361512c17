// Members that depend on the model and come before it: their values are kept in Seen.replacements
// until the model is known. Comes in: the plan for the model; goes out: a verdict, and in
// Seen.replacements what the block has in the place of each. Kept until the next call: `refused`.

import { Seen } from "./block";
import { Action, EditPlan, Member } from "./edit-plan";
import { judge, replacement, Verdict } from "./judge";

/** The member that a verdict other than Valid is about. */
export let refused: Member | null = null;

/** Decides with `plan` about the members that `before` withholds. */
export function settleWithheld(before: EditPlan, plan: EditPlan, seen: Seen): Verdict {
  const values = seen.replacements;
  for (let i = 0; values !== null && i < values.length; i++) {
    const value = unchecked(values[i]);
    if (value === null || before.members[i].action != Action.Withhold) continue;
    const member = plan.members[i];
    if (member.action == Action.Blank) values[i] = null;
    if (member.action != Action.Judge) continue;
    const start = changetype<usize>(value);
    const verdict = judge(member, start, start + value.byteLength);
    if (verdict == Verdict.Replaced) {
      values[i] = replacement;
    } else if (verdict != Verdict.Valid) {
      refused = member;
      return verdict;
    }
  }
  return Verdict.Valid;
}
