import { isMemberName } from "../../contract/characters.ts";
import { MAX_JSON_DEPTH, MAX_MEMBER_NAME_LENGTH } from "../../contract/limits.ts";
import { formatPath } from "../diagnostics.ts";
import { groupOf, isTokenKey, memberKey, tokenMembers } from "../plan/members.ts";
import { type ConfigContext, type Mention, mentionsOf } from "./config-context.ts";

const tokenNames = tokenMembers.join(", ");

/** The members of one openAIConfig, looked at alone. Gives whether they are free of faults, so that a merge makes sense. */
export function checkParameters(context: ConfigContext): boolean {
  let faults = 0;
  const counting: ConfigContext = {
    ...context,
    fault: (...fault) => (faults++, context.fault(...fault)),
    faultAtName: (...fault) => (faults++, context.faultAtName(...fault)),
  };
  const mentions = mentionsOf(context);
  for (const mention of mentions) {
    checkName(mention, counting);
    checkValue(mention, counting);
  }
  checkRepetition(mentions, counting);
  checkTokenNames(mentions, counting);
  for (const mention of mentions) {
    if (mention.section === "limits") checkLimit(mention, mentions, counting);
  }
  checkStreamOptions(mentions, counting);
  return faults === 0;
}

function checkName({ name, path, section }: Mention, context: ConfigContext): void {
  if (isMemberName(name) && name.length <= MAX_MEMBER_NAME_LENGTH && memberKey(name) !== "") return;
  const message = `must be a member's name: 1 to ${MAX_MEMBER_NAME_LENGTH} letters, digits and any of _ . -, at least one of them a letter, a digit or a point`;
  if (section === "remove") context.fault("invalid_member_name", path, message);
  else context.faultAtName("invalid_member_name", path, message);
}

function checkValue({ key, path, section, value }: Mention, { fault }: ConfigContext): void {
  if (section !== "defaults" && section !== "overrides") return;
  if (key === "model" && (typeof value !== "string" || value === "")) {
    fault("invalid_member_value", path, "must be a string, and not empty");
  } else if (key === "stream" && typeof value !== "boolean") {
    fault("invalid_member_value", path, "must be true or false");
  } else if (!isJson(value)) {
    fault(
      "invalid_member_value",
      path,
      "must be a JSON value: .inf, .nan and larger numbers are none",
    );
  } else if (!isShallow(value, MAX_JSON_DEPTH - 1)) {
    const message = `must not be nested more than ${MAX_JSON_DEPTH - 1} levels deep`;
    fault("invalid_member_value", path, message);
  }
}

function isJson(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every(isJson);
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

/** A member has one place, and one limit. */
function checkRepetition(mentions: readonly Mention[], context: ConfigContext): void {
  const seen = new Map<string, Mention>();
  for (const mention of mentions) {
    const kind = mention.section === "limits" ? "limit" : "place";
    const first = seen.get(`${kind} ${mention.key}`);
    seen.set(`${kind} ${mention.key}`, first ?? mention);
    if (first === undefined) continue;
    const rule =
      "a member stands in only one of defaults, overrides and remove, and model and stream may be fields instead";
    const where = formatPath(first.path);
    faultAt(
      mention,
      "repeated_member",
      `stands at ${where} already, compared without case, _ and -: ${rule}`,
      context,
    );
  }
}

function checkTokenNames(mentions: readonly Mention[], context: ConfigContext): void {
  const isToken = (mention: Mention): boolean => isTokenKey(mention.key);
  const limits = mentions.filter((mention) => mention.section === "limits" && isToken(mention));
  const values = mentions.filter((mention) => isToken(mention) && setsValue(mention));
  for (const group of [limits, values]) {
    const [first, ...others] = group;
    for (const other of others) {
      if (first === undefined || first.key === other.key) continue;
      const message = `${tokenNames} are one member, for which ${formatPath(first.path)} stands already`;
      faultAt(other, "repeated_token_limit", message, context);
    }
  }
}

function setsValue({ section }: Mention): boolean {
  return section === "defaults" || section === "overrides" || section === "field";
}

function checkLimit(limit: Mention, mentions: readonly Mention[], context: ConfigContext): void {
  if (limit.key === "model" || limit.key === "stream") {
    faultAt(limit, "invalid_limit", "is no number and can't have a limit", context);
    return;
  }
  const group = groupOf(limit.key);
  for (const other of mentions) {
    const isOverridden = other.section === "overrides" && group.includes(other.key);
    const isRemoved = other.section === "remove" && other.key === limit.key;
    if (isOverridden || isRemoved) {
      const message = `has no effect beside ${formatPath(other.path)}: a limit bounds what the client sends`;
      faultAt(limit, "invalid_limit", message, context);
    }
    if (other.section === "defaults" && group.includes(other.key)) {
      checkDefault(other, Number(limit.value), context);
    }
  }
}

/** A default that has a limit is a number, and within it. */
function checkDefault({ path, value }: Mention, limit: number, { fault }: ConfigContext): void {
  if (typeof value !== "number") {
    fault("invalid_member_value", path, "must be a number, as it has a limit");
  } else if (value > limit) {
    fault("above_limit", path, `is above its limit of ${limit}`);
  }
}

function checkStreamOptions(mentions: readonly Mention[], context: ConfigContext): void {
  const stream = context.members.get("stream");
  if (stream?.override !== "false") return;
  for (const mention of mentions) {
    if (mention.key !== memberKey("stream_options") || !setsValue(mention)) continue;
    const message = "can't be sent without a stream, and stream is set to false";
    faultAt(mention, "stream_options_without_stream", message, context);
  }
}

function faultAt(
  { path, section }: Mention,
  code: Parameters<ConfigContext["fault"]>[0],
  message: string,
  context: ConfigContext,
): void {
  if (section === "remove") context.fault(code, path, message);
  else context.faultAtName(code, path, message);
}
