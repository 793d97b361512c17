// Decodes one provider's settings for bodies. Comes in: the JSON tree of the settings; goes out: the
// plan of each kind of body, or a fault in the checker. If members depend on the model, each kind has
// a plan for each glob of models, and one for all other models.

import { MAX_MODEL_GLOBS } from "../../contract/limits";
import { modelMembersFields } from "../../contract/plugin-fields";
import { Bytes, decimal, lowerBytes } from "../bytes/bytes";
import { EditPlan, Member, ModelPlan } from "../edit/edit-plan";
import { planByModel } from "../edit/plan-by-model";
import { Checker, itemPath } from "./checker";
import { Settings } from "./config";
import {
  completionsPlan,
  decodeMembers,
  decodeModels,
  foldedName,
  isSame,
  messagesPlan,
  othersPlan,
  responsesPlan,
} from "./decode-members";
import { JsonValue } from "./json-value";

// The plans of each kind of body. The last of a kind is for the models that no glob matches.
class Plans {
  completions: ModelPlan[] = [];
  responses: ModelPlan[] = [];
  messages: ModelPlan[] = [];

  add(glob: string, completions: EditPlan): void {
    const folded = lowerBytes(glob);
    const responses = responsesPlan(completions);
    const messages = messagesPlan(completions, responses);
    this.completions.push(new ModelPlan(folded, completions));
    this.responses.push(new ModelPlan(folded, responses));
    this.messages.push(new ModelPlan(folded, messages));
  }
}

// The members that are the same for all models, unless `replace` has found another for some.
class CommonMembers {
  names: Bytes[] = [];
  differs: bool[] = [];

  constructor(public values: JsonValue[]) {
    for (let i = 0; i < values.length; i++) {
      this.names.push(nameOf(values[i]));
      this.differs.push(false);
    }
    this.differs.push(false); // For `model`, which the plans have in any case.
  }

  // The members with each of `own` in the place of the one with its name, which `known` then lacks;
  // null if there is none.
  replace(own: JsonValue[], known: StaticArray<Member | null>): JsonValue[] | null {
    const values = this.values.slice(0);
    for (let i = 0; i < own.length; i++) {
      const name = nameOf(own[i]);
      let index = values.length - 1;
      while (index >= 0 && !isSame(this.names[index], name)) index--;
      if (index < 0) return null;
      values[index] = own[i];
      known[index] = null;
      this.differs[index] = true;
    }
    return values;
  }
}

const NONE = new StaticArray<Member | null>(0);

function nameOf(member: JsonValue): Bytes {
  const name = member.get("name");
  return foldedName(name === null ? "" : name.text);
}

/** Settings that have only their plans. */
export function decodePlans(settings: JsonValue, path: string, checker: Checker): Settings {
  const plans = new Plans();
  const rules = decodeModels(settings, path, checker);
  const common = new CommonMembers(checker.list(settings, "members", path));
  const entries = checker.list(settings, "modelMembers", path);
  if (entries.length > MAX_MODEL_GLOBS) {
    checker.fail(path + ".modelMembers", "more than " + decimal(MAX_MODEL_GLOBS));
  }
  const members = decodeMembers(common.values, NONE, path, checker);
  for (let i = 0; i < entries.length; i++) {
    const at = itemPath(path, "modelMembers", i);
    if (!checker.isObject(entries[i], at, modelMembersFields)) continue;
    const known = new StaticArray<Member | null>(members.length);
    for (let m = 0; m < members.length; m++) known[m] = members[m];
    const values = common.replace(checker.list(entries[i], "members", at), known);
    if (values === null) {
      checker.fail(at, "has a member that is not in members");
      continue;
    }
    const own = decodeMembers(values, known, at, checker);
    const glob = checker.requiredText(entries[i], "model", at);
    plans.add(glob, completionsPlan(own, rules, at, checker));
  }
  plans.add("*", completionsPlan(members, rules, path, checker));
  return new Settings(
    planByModel(plans.completions, common.differs),
    planByModel(plans.responses, common.differs),
    planByModel(plans.messages, common.differs),
    othersPlan(rules),
  );
}
