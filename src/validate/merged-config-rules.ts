import { MAX_MEMBERS } from "../../contract/limits.ts";
import type { OpenAIConfig } from "../api/generated.ts";
import type { DiagnosticCode, Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import {
  askForUsage,
  completeMembers,
  groupOf,
  memberKey,
  type Members,
  mergeMembers,
  readMembers,
} from "../model/members.ts";
import {
  manageMembers,
  type MembersByModel,
  parametersByModel,
  readByModel,
} from "../model/model-members.ts";
import type { PluginMember } from "../../contract/plugin-config.ts";
import { type Mention, mentionsIn, mentionsOf } from "./mentions.ts";

/**
 * At most this many members are implied: model, stream, stream_options, and two more names for the
 * token limit.
 */
const maxImplied = 5;

/** A route-specific openAIConfig, merged over the default. Each of the two is valid by itself. */
export function checkMerged(
  base: Cursor<OpenAIConfig> | undefined,
  config: Cursor<OpenAIConfig>,
  report: Report,
): void {
  const mentions = mentionsOf(config);
  const members = readMembers(config);
  const own: Own = { members, mentions, place: config, inheritedFrom: "defaultConfig", report };
  checkOver(readMembers(base), own);
  checkByModel(base, config, report);
}

/** What depends on the model, merged over the rest; and how many members there are in all. */
export function checkByModel(
  base: Cursor<OpenAIConfig> | undefined,
  config: Cursor<OpenAIConfig>,
  report: Report,
): void {
  const byModel = readByModel(base, config);
  const entries = [config, base].map(parametersByModel);
  for (const [glob, members] of byModel.globs) {
    const mentions = entries.flatMap((each) => {
      const entry = each.get(glob);
      return entry === undefined ? [] : mentionsIn(entry, config);
    });
    const inheritedFrom = "the parameters of all models";
    checkOver(byModel.rest, { members, mentions, place: config, inheritedFrom, report });
  }
  checkMemberCount(byModel, config, report);
}

/** What is merged over inherited members. */
interface Own {
  members: Members;
  mentions: readonly Mention[];
  /** Of what has no mention. */
  place: Cursor;
  /** Where the inherited members are, for messages. */
  inheritedFrom: string;
  report: Report;
}

function checkOver(inherited: Members, own: Own): void {
  const merged = mergeMembers(inherited, own.members);
  for (const [key, member] of own.members) {
    const isReplaced = findIn(own.members, key, "limit") !== undefined;
    const limit = isReplaced ? undefined : findIn(inherited, key, "limit");
    checkInheritedLimit(member, limit, own);
    if (member.limit !== undefined) checkOwnLimit({ key, limit: member.limit, merged, own });
  }
  checkStreamOptions(merged, own);
}

/** The filter keeps a bounded table of members. */
function checkMemberCount(
  byModel: MembersByModel,
  config: Cursor<OpenAIConfig>,
  report: Report,
): void {
  const lists = [byModel.rest, ...byModel.globs.map(([, members]) => members)];
  const named = lists.reduce((sum, members) => sum + members.size, 0);
  if (named + maxImplied <= MAX_MEMBERS) return;
  const { members } = manageMembers(byModel, (each) => askForUsage(completeMembers(each)));
  // The model is always read.
  const count = members.length + (byModel.rest.has("model") ? 0 : 1);
  if (count <= MAX_MEMBERS) return;
  const message = `manages ${count} members of the body, implied ones included; at most ${MAX_MEMBERS} are allowed`;
  report(config.at("parameters").problem("too_many_members", message, "key"));
}

/** What is set must be within the inherited limit, unless there is another. */
function checkInheritedLimit(member: PluginMember, limit: string | undefined, own: Own): void {
  const value = member.override ?? member.default;
  if (limit === undefined || value === undefined) return;
  if (Number(value) > Number(limit)) {
    faultAt(
      member.name,
      "above_limit",
      `is above the limit of ${limit} in ${own.inheritedFrom}`,
      own,
    );
  } else if (member.default !== undefined && !isNumber(value)) {
    faultAt(member.name, "invalid_member_value", "must be a number because it has a limit", own);
  }
}

interface OwnLimit {
  key: string;
  limit: string;
  merged: Members;
  own: Own;
}

/** A limit bounds what the merged configuration adds or lets through. */
function checkOwnLimit({ key, limit, merged, own }: OwnLimit): void {
  const name = own.members.get(key)?.name ?? key;
  const isRemoved = merged.get(key)?.remove === true;
  if (isRemoved || findIn(merged, key, "override") !== undefined) {
    const message = `has no effect: the member is overridden or removed in ${own.inheritedFrom}`;
    faultAt(name, "invalid_limit", message, own);
  }
  const value = findIn(merged, key, "default");
  if (value === undefined) return;
  if (!isNumber(value)) {
    faultAt(name, "invalid_member_value", "has a default that is not a number", own);
  } else if (Number(value) > Number(limit)) {
    faultAt(name, "above_limit", `is below the default of ${value} in ${own.inheritedFrom}`, own);
  }
}

function checkStreamOptions(merged: Members, own: Own): void {
  const options = merged.get(memberKey("stream_options"));
  const isSet = options?.override !== undefined || options?.default !== undefined;
  if (!isSet || merged.get("stream")?.override !== "false") return;
  const message =
    "stream_options requires streaming, but stream is set to false; list stream_options in parameters.remove";
  const name = own.members.has(memberKey("stream_options")) ? "stream_options" : "stream";
  faultAt(name, "stream_options_without_stream", message, own);
}

function findIn(
  members: Members,
  key: string,
  part: "limit" | "default" | "override",
): string | undefined {
  for (const name of groupOf(key)) {
    const value = members.get(name)?.[part];
    if (value !== undefined) return value;
  }
  return undefined;
}

function isNumber(text: string): boolean {
  return /^-?\d/.test(text);
}

function faultAt(name: string, code: DiagnosticCode, message: string, own: Own): void {
  const mention = own.mentions.find((each) => each.key === memberKey(name));
  own.report((mention?.place ?? own.place).problem(code, message, "key"));
}
