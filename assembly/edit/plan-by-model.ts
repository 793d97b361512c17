// The plan of a body whose model is unknown, when several plans depend on the model. Made once from
// the configuration.

import { Action, choose, EditPlan, MAX_WITHHELD_BYTES, Member, ModelPlan } from "./edit-plan";

/**
 * The plan that becomes one of `choices` once the model is known. They have the same members, of
 * which those in `differs`, by index, are not the same in all of them. Their slots become the same,
 * as the body's length is announced before the model is known.
 */
export function planByModel(choices: ModelPlan[], differs: bool[]): EditPlan {
  const last = choices[choices.length - 1].plan;
  if (choices.length == 1) return last;
  if (last.isModelFixed) return choose(choices, last.modelName);
  const members: Member[] = [];
  for (let i = 0; i < last.members.length; i++) {
    members.push(differs[i] ? withheld(choices, i) : last.members[i]);
  }
  const plan = new EditPlan(members, last.modelName);
  for (let i = 0; i < choices.length; i++) {
    const choice = choices[i].plan;
    const own = new EditPlan(choice.members, choice.modelName);
    own.slots = plan.slots;
    own.blockBytes = plan.blockBytes;
    plan.choices.push(new ModelPlan(choices[i].glob, own));
  }
  return plan;
}

// The member at `index`, with a slot for whatever one of `choices` may add.
function withheld(choices: ModelPlan[], index: i32): Member {
  const like = choices[0].plan.members[index];
  const member = new Member(like.folded, like.name);
  member.action = Action.Withhold;
  for (let i = 0; i < choices.length; i++) {
    const choice = choices[i].plan.members[index];
    const bytes = max(choice.slotBytes, choice.prefix.byteLength + MAX_WITHHELD_BYTES);
    member.slotBytes = max(member.slotBytes, bytes);
  }
  return member;
}
