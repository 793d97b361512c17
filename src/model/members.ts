// The members of the request body that an openAIConfig manages: read from it, merged, and completed
// for the filter. Pure; values are JSON text throughout, so that numbers stay as they were written.
import type { ModelParameters, OpenAIConfig } from "../api/generated.ts";
import type { PluginMember } from "../../contract/plugin-config.ts";
import type { Cursor } from "./cursor.ts";

/**
 * Names that providers have for the same limit. What a configuration says about one applies to all.
 */
export const tokenMembers = ["max_tokens", "max_completion_tokens", "max_output_tokens"];

const tokenGroup = "max_tokens";

/**
 * Managed members by their `memberKey`, in order of appearance. A token limit is kept under the
 * name that it was given for.
 */
export type Members = Map<string, PluginMember>;

/** Equal for two names of the same member: names are compared without case, `_` and `-`. */
export function memberKey(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, "");
}

const tokenKeys = tokenMembers.map(memberKey);

/** Whether `key` is the key of one of `tokenMembers`. */
export function isTokenKey(key: string): boolean {
  return tokenKeys.includes(key);
}

/** All keys of the member that has `key`. */
export function groupOf(key: string): readonly string[] {
  return isTokenKey(key) ? tokenKeys : [key];
}

/**
 * What one openAIConfig says about members. If it contradicts itself, which validation refuses, the
 * later place wins.
 */
export function readMembers(config: Cursor<OpenAIConfig> | undefined): Members {
  const members: Members = new Map();
  if (config === undefined) return members;
  const { model, stream } = config.value;
  if (model !== undefined) place(members, "model", { override: JSON.stringify(model) });
  if (stream !== undefined) place(members, "stream", { override: JSON.stringify(stream) });
  return readParameters(config.at("parameters"), members);
}

/** What parameters say about members, on top of `members`. */
export function readParameters(
  parameters: Cursor<ModelParameters | undefined>,
  members: Members = new Map(),
): Members {
  for (const [name, value] of parameters.at("defaults").fields()) {
    place(members, name, { default: value.jsonText() });
  }
  for (const [name, value] of parameters.at("overrides").fields()) {
    place(members, name, { override: value.jsonText() });
  }
  for (const [name, value] of parameters.at("limits").fields()) {
    const member = members.get(memberKey(name)) ?? { name };
    member.limit = value.jsonText();
    members.set(memberKey(name), member);
  }
  for (const name of parameters.value?.remove ?? []) place(members, name, { remove: true });
  return members;
}

type Placement = Pick<PluginMember, "override" | "default" | "remove">;

function place(members: Members, name: string, placement: Placement): void {
  members.set(memberKey(name), { name, ...limitOf(members.get(memberKey(name))), ...placement });
}

function limitOf(member: PluginMember | undefined): Pick<PluginMember, "limit"> {
  return member?.limit === undefined ? {} : { limit: member.limit };
}

/** Whether defaults, overrides or remove names the member. */
export function isPlaced(member: PluginMember): boolean {
  return member.override !== undefined || member.default !== undefined || member.remove === true;
}

/**
 * `base` with `own` merged over it. A member that `own` places loses its place in `base`, and so do
 * its other names. A limit replaces that of the same member.
 */
export function mergeMembers(base: Members, own: Members): Members {
  const merged: Members = new Map([...base].map(([key, member]) => [key, { ...member }]));
  for (const [key, member] of own) {
    if (isPlaced(member)) leavePlaces(merged, key, member);
    if (member.limit !== undefined) leaveLimits(merged, key);
    merged.set(key, { ...merged.get(key), ...member });
  }
  for (const [key, member] of merged) {
    if (!isPlaced(member) && member.limit === undefined) merged.delete(key);
  }
  return merged;
}

function leavePlaces(members: Members, key: string, own: PluginMember): void {
  for (const other of own.remove === true ? [key] : groupOf(key)) {
    const member = members.get(other);
    if (member === undefined) continue;
    delete member.override;
    delete member.default;
    // Another name that is removed may be one that the provider refuses: it stays removed.
    if (other === key) delete member.remove;
  }
  // A limit has no effect on an overridden or removed member. If only one of several names is
  // removed, the limit still applies to the others.
  const isRemoved = own.remove === true && groupOf(key).length === 1;
  if (own.override !== undefined || isRemoved) leaveLimits(members, key);
}

function leaveLimits(members: Members, key: string): void {
  for (const other of groupOf(key)) delete members.get(other)?.limit;
}

/**
 * The members for the filter: `model`, `stream`, then the others as they appear, each followed by
 * those that it implies.
 */
export function completeMembers(members: Members): PluginMember[] {
  const first = ["model", "stream"];
  const others = [...members.keys()].filter((key) => !first.includes(key));
  const complete: PluginMember[] = [];
  const done = new Set<string>();
  for (const key of [...first, ...others]) {
    if (done.has(key)) continue;
    const group = isTokenKey(key) ? completeTokens(members) : completeOne(members, key);
    for (const member of group) {
      if (!done.has(memberKey(member.name))) complete.push(member);
      done.add(memberKey(member.name));
    }
  }
  return complete;
}

function completeOne(members: Members, key: string): PluginMember[] {
  const member = members.get(key);
  if (member === undefined) return [];
  // OpenAI refuses stream_options without `stream: true`.
  const implied = key === "stream" && member.override === "false";
  return implied ? [member, { name: "stream_options", remove: true }] : [member];
}

/** The complete `members`; a client that requests streaming is refused if `stream` is false. */
export function refuseStreams(members: readonly PluginMember[]): PluginMember[] {
  return members.map((member) =>
    memberKey(member.name) === "stream" && member.override === "false"
      ? { ...member, refuseOther: true }
      : member,
  );
}

/**
 * The complete `members`, and those that request the usage of streamed answers. A configured
 * `stream_options` stays as it is.
 */
export function askForUsage(members: readonly PluginMember[]): PluginMember[] {
  const find = (name: string) =>
    members.find((member) => memberKey(member.name) === memberKey(name));
  const stream = find("stream") ?? { name: "stream" };
  const neverStreams = stream.remove === true || stream.override === "false";
  if (neverStreams || find("stream_options") !== undefined) return [...members];
  return [
    ...members.filter((member) => member !== stream),
    { ...stream, stream: true },
    { name: "stream_options", default: '{"include_usage":true}', forStreams: true },
  ];
}

function completeTokens(members: Members): PluginMember[] {
  const given = [...members].filter(([key]) => isTokenKey(key)).map(([, member]) => member);
  const named = new Set(given.map(({ name }) => memberKey(name)));
  for (const name of tokenMembers) if (!named.has(memberKey(name))) given.push({ name });
  const override = given.find((member) => member.override !== undefined);
  if (override !== undefined) return given.map((member) => setOrRemove(member, override));
  const limit = limitOf(given.find((member) => member.limit !== undefined));
  const bound = limit.limit === undefined ? {} : { ...limit, nonNegative: true as const };
  if (limit.limit === undefined && given.every((member) => member.default === undefined)) {
    return given.filter((member) => member.remove === true);
  }
  return given.map((member) =>
    member.remove === true
      ? { name: member.name, remove: true }
      : { ...member, ...bound, group: tokenGroup },
  );
}

function setOrRemove(member: PluginMember, override: PluginMember): PluginMember {
  if (member !== override || member.override === undefined) {
    return { name: member.name, remove: true };
  }
  return { name: member.name, override: member.override };
}
