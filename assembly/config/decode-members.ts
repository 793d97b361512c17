// Decodes the settings for the body into edit plans. Comes in: the JSON tree of `members` and
// `models`; goes out: plans, or a fault in the checker.

import { isMemberName } from "../../contract/characters";
import { MAX_MEMBER_NAME_LENGTH, MAX_MEMBERS } from "../../contract/limits";
import { memberFields, modelsFields } from "../../contract/plugin-fields";
import { Bytes, bytesOf, decimal, equals, isDigit } from "../bytes/bytes";
import { Char } from "../bytes/chars";
import { Action, Alias, EditPlan, Member, ModelRules } from "../edit/edit-plan";
import { foldKey, unescapeString } from "../json/unescape";
import { Checker, itemPath } from "./checker";
import { isJsonText, JsonValue, Kind, quoteJson } from "./json-value";

const MODEL = bytesOf("model");
const TOKENS = bytesOf("maxtokens");
const COMPLETION_TOKENS = bytesOf("maxcompletiontokens");
const OUTPUT_TOKENS = bytesOf("maxoutputtokens");

/** The plan for chat and legacy completions. */
export function completionsPlan(
  members: Member[],
  rules: ModelRules,
  path: string,
  checker: Checker,
): EditPlan {
  applyRules(members, rules);
  if (members.length > MAX_MEMBERS) {
    checker.fail(path + ".members", "more than " + decimal(MAX_MEMBERS));
    return new EditPlan([]);
  }
  return complete(members);
}

/**
 * The plan for responses. They have `max_output_tokens` for the two names that completions have,
 * and their usage comes without a request for it.
 */
export function responsesPlan(completions: EditPlan): EditPlan {
  return planNaming("max_output_tokens", OUTPUT_TOKENS, completions.members);
}

/** The plan for messages, in the same way. They have `max_tokens` only. */
export function messagesPlan(completions: EditPlan, responses: EditPlan): EditPlan {
  const members = completions.members;
  for (let i = 0; i < members.length; i++) {
    if (isTokens(members[i]) && givesValue(members[i])) {
      return planNaming("max_tokens", TOKENS, members);
    }
  }
  return responses;
}

function isTokens(member: Member): bool {
  return (
    isSame(member.folded, TOKENS) ||
    isSame(member.folded, COMPLETION_TOKENS) ||
    isSame(member.folded, OUTPUT_TOKENS)
  );
}

// The plan in which the limit of tokens is the member `name`.
function planNaming(name: string, folded: Bytes, members: Member[]): EditPlan {
  // A value that the configuration gives to that name itself goes first.
  let hasTokens = false;
  for (let i = 0; i < members.length; i++) {
    if (isSame(members[i].folded, folded) && givesValue(members[i])) hasTokens = true;
  }
  const changed: Member[] = [];
  for (let i = 0; i < members.length; i++) {
    const member = members[i];
    if (isTokens(member) && !isSame(member.folded, folded) && givesValue(member)) {
      changed.push(renamed(member, name, hasTokens));
      hasTokens = true;
    } else if (member.isForStreams) {
      changed.push(new Member(member.folded, member.name));
    } else {
      changed.push(member);
    }
  }
  return complete(changed);
}

function givesValue(member: Member): bool {
  return member.forced !== null || member.fallback !== null;
}

// `member` with its values under another name, or without them.
function renamed(member: Member, name: string, isTaken: bool): Member {
  const copy = new Member(member.folded, member.name);
  copy.action = member.action;
  copy.limit = member.limit;
  copy.isNonNegative = member.isNonNegative;
  copy.group = member.group;
  if (isTaken) return copy;
  copy.forced = member.forced;
  copy.fallback = member.fallback;
  copy.ownPrefix = bytesOf(',"' + name + '":');
  return copy;
}

/** The plan for the other JSON endpoints, which judges only the model. */
export function othersPlan(rules: ModelRules): EditPlan {
  return complete([modelMember(rules)]);
}

function complete(members: Member[]): EditPlan {
  let modelName: Bytes | null = null;
  let isModelFixed = false;
  for (let i = 0; i < members.length; i++) {
    const member = members[i];
    member.fit();
    if (!isSame(member.folded, MODEL)) continue;
    modelName = unquoted(member.forced, member.fallback);
    isModelFixed = member.action == Action.Blank;
  }
  const plan = new EditPlan(members, modelName);
  plan.isModelFixed = isModelFixed;
  return plan;
}

// The string in the first JSON text, or else in the second; null if there is none.
function unquoted(forced: Bytes | null, fallback: Bytes | null): Bytes | null {
  const json = forced !== null ? forced : fallback;
  if (json === null || load<u8>(changetype<usize>(json)) != Char.Quote) return null;
  const start = changetype<usize>(json);
  const name = new ArrayBuffer(json.byteLength);
  const nameStart = changetype<usize>(name);
  return name.slice(
    0,
    <i32>(unescapeString(start + 1, start + json.byteLength - 1, nameStart) - nameStart),
  );
}

function modelMember(rules: ModelRules): Member {
  const member = new Member(MODEL, "model");
  member.models = rules;
  member.action = Action.Judge;
  return member;
}

// With an override, the client's model is not judged.
function applyRules(members: Member[], rules: ModelRules): void {
  for (let i = 0; i < members.length; i++) {
    const member = members[i];
    if (!isSame(member.folded, MODEL)) continue;
    if (member.action == Action.Blank) return;
    member.models = rules;
    member.action = Action.Judge;
    return;
  }
  members.push(modelMember(rules));
}

/**
 * The managed members, in the order of the configuration. `known[i]`, if there is one, has been
 * decoded from the same value: all models share it.
 */
export function decodeMembers(
  values: JsonValue[],
  known: StaticArray<Member | null>,
  path: string,
  checker: Checker,
): Member[] {
  const groups: string[] = [];
  for (let i = 0; i < values.length; i++) {
    const group = checker.optionalText(values[i], "group", path);
    groups.push(group === null ? "" : group);
  }
  const members: Member[] = [];
  for (let i = 0; i < values.length; i++) {
    const group = i < MAX_MEMBERS ? groupMask(groups, i) : 0;
    let member = i < known.length ? known[i] : null;
    if (member === null || member.group != group) {
      const at = itemPath(path, "members", i);
      checker.isObject(values[i], at, memberFields);
      member = decodeMember(values[i], at, checker);
    }
    for (let other = 0; other < members.length; other++) {
      if (!isSame(members[other].folded, member.folded)) continue;
      checker.fail(itemPath(path, "members", i), "is listed twice");
    }
    member.group = group;
    members.push(member);
  }
  return members;
}

function decodeMember(value: JsonValue, path: string, checker: Checker): Member {
  const name = checker.requiredText(value, "name", path);
  if (!isMemberName(name) || name.length > MAX_MEMBER_NAME_LENGTH) {
    checker.fail(path + ".name", "must be 1 to 64 of letters, digits, underscore and hyphen");
  }
  const member = new Member(foldedName(name), name);
  member.forced = decodeText(value, "override", path, checker);
  member.fallback = decodeText(value, "default", path, checker);
  member.limit = decodeText(value, "limit", path, checker);
  const limit = member.limit;
  if (limit !== null && !isNumber(limit)) checker.fail(path + ".limit", "must be a number");
  member.isNonNegative = checker.flag(value, "nonNegative", path);
  member.isStream = checker.flag(value, "stream", path);
  member.isForStreams = checker.flag(value, "forStreams", path);
  const removes = checker.flag(value, "remove", path);
  if (member.folded.byteLength == 0)
    checker.fail(path + ".name", "must contain a letter or a digit");
  const refusesOther = checker.flag(value, "refuseOther", path);
  if (removes || (member.forced !== null && !refusesOther)) member.action = Action.Blank;
  else if (refusesOther || limit !== null || member.isStream || member.isForStreams) {
    member.action = Action.Judge;
  }
  return member;
}

function decodeText(value: JsonValue, key: string, path: string, checker: Checker): Bytes | null {
  const text = checker.optionalText(value, key, path);
  if (text === null) return null;
  if (!isJsonText(text)) checker.fail(path + "." + key, "must be the JSON text of one value");
  return bytesOf(text.trim());
}

/** Whether both have the same bytes. */
export function isSame(left: Bytes, right: Bytes): bool {
  const start = changetype<usize>(left);
  return equals(right, start, start + left.byteLength);
}

// Only a number begins with a minus or a digit.
function isNumber(text: Bytes): bool {
  const first = load<u8>(changetype<usize>(text));
  return first == Char.Minus || isDigit(first);
}

function groupMask(groups: string[], index: i32): u64 {
  const own = (<u64>1) << index;
  if (groups[index].length == 0) return own;
  let mask: u64 = 0;
  for (let i = 0; i < groups.length; i++) {
    if (groups[i] == groups[index]) mask |= (<u64>1) << i;
  }
  return mask;
}

/** A member's name as foldKey folds it. */
export function foldedName(name: string): Bytes {
  const bytes = bytesOf(name);
  const start = changetype<usize>(bytes);
  return bytes.slice(0, <i32>(foldKey(start, start + bytes.byteLength) - start));
}

/**
 * The rules for the client's model. Without rules the model is read all the same, for metrics and
 * the access log.
 */
export function decodeModels(settings: JsonValue, path: string, checker: Checker): ModelRules {
  const rules = new ModelRules();
  const models = settings.get("models");
  const at = path + ".models";
  if (models === null || !checker.isObject(models, at, modelsFields)) return rules;
  if (models.get("allow") !== null) rules.allow = toBytes(checker.texts(models, "allow", at));
  const aliases = models.get("aliases");
  if (aliases === null) return rules;
  if (aliases.kind != Kind.Object) {
    checker.fail(at + ".aliases", "must be an object");
    return rules;
  }
  for (let i = 0; i < aliases.keys.length; i++) {
    const model = checker.requiredText(aliases, aliases.keys[i], at + ".aliases");
    rules.aliases.push(
      new Alias(bytesOf(aliases.keys[i]), bytesOf(quoteJson(model)), bytesOf(model)),
    );
  }
  return rules;
}

function toBytes(texts: string[]): Bytes[] {
  const all: Bytes[] = [];
  for (let i = 0; i < texts.length; i++) all.push(bytesOf(texts[i]));
  return all;
}
