import { isMemberName } from "../../contract/characters.ts";
import { MAX_JSON_DEPTH, MAX_MEMBER_NAME_LENGTH } from "../../contract/limits.ts";
import type { OpenAIConfig } from "../api/generated.ts";
import { formatPath, type Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import { groupOf, isTokenKey, memberKey, readMembers, tokenMembers } from "../model/members.ts";
import { type Mention, mentionsIn, mentionsOf, problemWith } from "./mentions.ts";

const tokenNames = tokenMembers.join(", ");

/**
 * The members of one openAIConfig by itself. Returns whether they are valid, so that a merge makes
 * sense.
 */
export function checkParameters(config: Cursor<OpenAIConfig>, report: Report): boolean {
  let faults = 0;
  const counting: Report = (diagnostic) => {
    faults++;
    report(diagnostic);
  };
  const mentions = mentionsOf(config);
  checkMentions(mentions, counting);
  for (const [, entry] of config.at("parameters", "models").fields()) {
    const own = mentionsIn(entry, config);
    for (const mention of own) checkDependence(mention, counting);
    checkMentions(own, counting);
  }
  // What is nested too deeply can't be written as JSON.
  const isWritable = mentions.every(({ place }) => isShallow(place.value, MAX_JSON_DEPTH - 1));
  if (isWritable && readMembers(config).get("stream")?.override === "false") {
    checkStreamOptions(mentions, counting);
  }
  return faults === 0;
}

/** Members that are set in one place. */
function checkMentions(mentions: readonly Mention[], report: Report): void {
  for (const mention of mentions) {
    checkName(mention, report);
    checkValue(mention, report);
  }
  checkRepetition(mentions, report);
  checkTokenNames(mentions, report);
  for (const mention of mentions) {
    if (mention.section === "limits") checkLimit(mention, mentions, report);
  }
}

const independent = ["model", "stream", "stream_options"].map(memberKey);

function checkDependence(mention: Mention, report: Report): void {
  if (!independent.includes(mention.key)) return;
  report(problemWith(mention, "invalid_member_name", "can't depend on the model"));
}

function checkName(mention: Mention, report: Report): void {
  const { name, key } = mention;
  if (isMemberName(name) && name.length <= MAX_MEMBER_NAME_LENGTH && key !== "") return;
  const message = `must be a valid member name: 1 to ${MAX_MEMBER_NAME_LENGTH} letters, digits, _ and -, with at least one letter or digit`;
  const hint = insideObject.test(name) ? `; ${adviceFor(mention)}` : "";
  report(problemWith(mention, "invalid_member_name", `${message}${hint}`));
}

/** A name that looks like the path to a member of an object. */
const insideObject = /^[\w-]+(?:\.[\w-]+)+$/;

function adviceFor({ name, section }: Mention): string {
  const [outer = "", ...inner] = name.split(".");
  const limit = "a member inside an object can't be managed alone";
  if (section !== "defaults" && section !== "overrides") return limit;
  const value = inner.reduceRight((text, step) => `{${step}: ${text}}`, "…");
  return `${limit}; write the whole object: {${outer}: ${value}}`;
}

function checkValue({ key, place, section }: Mention, report: Report): void {
  const { value } = place;
  if (section !== "defaults" && section !== "overrides") return;
  if (key === "model" && (typeof value !== "string" || value === "")) {
    report(place.problem("invalid_member_value", "must be a non-empty string"));
  } else if (key === "stream" && typeof value !== "boolean") {
    report(place.problem("invalid_member_value", "must be true or false"));
  } else if (!isShallow(value, MAX_JSON_DEPTH - 1)) {
    const message = `must not be nested more than ${MAX_JSON_DEPTH - 1} levels deep`;
    report(place.problem("invalid_member_value", message));
  } else if (!isJson(value)) {
    const message =
      "must be a JSON value; .inf, .nan and numbers beyond the range of a double are not";
    report(place.problem("invalid_member_value", message));
  }
}

/** `value` is not nested deeply. */
function isJson(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  return Object.values(value).every(isJson);
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1));
}

/** A member has at most one place, and one limit. */
function checkRepetition(mentions: readonly Mention[], report: Report): void {
  const seen = new Map<string, Mention>();
  for (const mention of mentions) {
    const kind = mention.section === "limits" ? "limit" : "place";
    const first = seen.get(`${kind} ${mention.key}`);
    seen.set(`${kind} ${mention.key}`, first ?? mention);
    if (first === undefined) continue;
    const rule =
      "a member can be in only one of defaults, overrides and remove, and model and stream can be fields instead";
    const where = formatPath(first.path);
    const message = `is already set at ${where} (names are compared without case, _ and -): ${rule}`;
    report(problemWith(mention, "repeated_member", message));
  }
}

function checkTokenNames(mentions: readonly Mention[], report: Report): void {
  const isToken = (mention: Mention): boolean => isTokenKey(mention.key);
  const limits = mentions.filter((mention) => mention.section === "limits" && isToken(mention));
  const values = mentions.filter((mention) => isToken(mention) && setsValue(mention));
  for (const group of [limits, values]) {
    const [first, ...others] = group;
    for (const other of others) {
      if (first === undefined || first.key === other.key) continue;
      const message = `${tokenNames} are one member, which is already set at ${formatPath(first.path)}`;
      report(problemWith(other, "repeated_token_limit", message));
    }
  }
}

function setsValue({ section }: Mention): boolean {
  return section === "defaults" || section === "overrides" || section === "field";
}

function checkLimit(limit: Mention, mentions: readonly Mention[], report: Report): void {
  if (limit.key === "model" || limit.key === "stream") {
    report(problemWith(limit, "invalid_limit", "is not a number and can't have a limit"));
    return;
  }
  const group = groupOf(limit.key);
  for (const other of mentions) {
    const isOverridden = other.section === "overrides" && group.includes(other.key);
    const isRemoved = other.section === "remove" && other.key === limit.key;
    if (isOverridden || isRemoved) {
      const message = `has no effect because of ${formatPath(other.path)}: a limit applies to what the client sends`;
      report(problemWith(limit, "invalid_limit", message));
    }
    if (other.section === "defaults" && group.includes(other.key)) {
      checkDefault(other.place, Number(limit.place.value), report);
    }
  }
}

/** A default that has a limit is a number, and within it. */
function checkDefault(place: Cursor, limit: number, report: Report): void {
  if (typeof place.value !== "number") {
    report(place.problem("invalid_member_value", "must be a number because it has a limit"));
  } else if (place.value > limit) {
    report(place.problem("above_limit", `is above its limit of ${limit}`));
  }
}

/** Providers refuse stream_options without a stream. */
function checkStreamOptions(mentions: readonly Mention[], report: Report): void {
  for (const mention of mentions) {
    if (mention.key !== memberKey("stream_options") || !setsValue(mention)) continue;
    const message = "requires streaming, but stream is set to false";
    report(problemWith(mention, "stream_options_without_stream", message));
  }
}
