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
import type { PluginMember } from "../../contract/plugin-config.ts";
import { mentionsOf } from "./mentions.ts";

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
  const inherited = readMembers(base);
  const own: Own = { config, members: readMembers(config), report };
  const merged = mergeMembers(inherited, own.members);
  for (const [key, member] of own.members) {
    const isReplaced = findIn(own.members, key, "limit") !== undefined;
    const limit = isReplaced ? undefined : findIn(inherited, key, "limit");
    checkInheritedLimit(member, limit, own);
    if (member.limit !== undefined) checkOwnLimit({ key, limit: member.limit, merged, own });
  }
  checkStreamOptions(merged, own);
  checkMemberCount(merged, config, report);
}

/** The route's openAIConfig. */
interface Own {
  config: Cursor<OpenAIConfig>;
  members: Members;
  report: Report;
}

/** The filter keeps a bounded table of members. */
export function checkMemberCount(
  members: Members,
  config: Cursor<OpenAIConfig>,
  report: Report,
): void {
  if (members.size + maxImplied <= MAX_MEMBERS) return;
  const managed = askForUsage(completeMembers(members));
  // The model is always read.
  const count = managed.length + (members.has("model") ? 0 : 1);
  if (count <= MAX_MEMBERS) return;
  const message = `manages ${count} members of the body, implied ones included; at most ${MAX_MEMBERS} are allowed`;
  report(config.at("parameters").problem("too_many_members", message, "key"));
}

/** What the route sets must be within the default's limit, unless the route has its own. */
function checkInheritedLimit(member: PluginMember, limit: string | undefined, own: Own): void {
  const value = member.override ?? member.default;
  if (limit === undefined || value === undefined) return;
  if (Number(value) > Number(limit)) {
    faultAt(member.name, "above_limit", `is above the limit of ${limit} in defaultConfig`, own);
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

/** A limit of the route bounds what the merged configuration adds or lets through. */
function checkOwnLimit({ key, limit, merged, own }: OwnLimit): void {
  const name = own.members.get(key)?.name ?? key;
  const isRemoved = merged.get(key)?.remove === true;
  if (isRemoved || findIn(merged, key, "override") !== undefined) {
    const message = "has no effect: defaultConfig overrides or removes the member";
    faultAt(name, "invalid_limit", message, own);
  }
  const value = findIn(merged, key, "default");
  if (value === undefined) return;
  if (!isNumber(value)) {
    faultAt(name, "invalid_member_value", "has a default that is not a number", own);
  } else if (Number(value) > Number(limit)) {
    faultAt(name, "above_limit", `is below the default of ${value} in defaultConfig`, own);
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
  const mention = mentionsOf(own.config).find((each) => each.key === memberKey(name));
  own.report((mention?.place ?? own.config).problem(code, message, "key"));
}
