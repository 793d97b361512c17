// The members of the request body that depend on the model. The filter gets one list of members, and
// for each glob of models those that differ. Pure.
import { isDeepStrictEqual } from "node:util";
import type { ModelParameters, OpenAIConfig } from "../api/generated.ts";
import type { PluginMember, PluginModelMembers } from "../../contract/plugin-config.ts";
import type { Cursor } from "./cursor.ts";
import { memberKey, type Members, mergeMembers, readMembers, readParameters } from "./members.ts";

type Config = Cursor<OpenAIConfig> | undefined;

/** What an openAIConfig says about some models, by the glob in lower case. */
export function parametersByModel(config: Config): Map<string, Cursor<ModelParameters>> {
  const entries = config?.at("parameters", "models").fields() ?? [];
  return new Map(entries.map(([glob, entry]) => [foldGlob(glob), entry]));
}

/** The glob as the filter compares it: without the case of ASCII letters. */
export function foldGlob(glob: string): string {
  return glob.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** The members of a configuration, and by globs of models what is merged over them. */
export interface MembersByModel {
  rest: Members;
  /** The most specific first. */
  globs: [string, Members][];
}

/** What `base` with `own` merged over it says about members. */
export function readByModel(base: Config, own?: Config): MembersByModel {
  const [inherited, added] = [parametersByModel(base), parametersByModel(own)];
  const globs = [...new Set([...inherited.keys(), ...added.keys()])].sort(bySpecificity);
  const membersOf = (entry: Cursor<ModelParameters> | undefined): Members =>
    entry === undefined ? new Map<string, PluginMember>() : readParameters(entry);
  return {
    rest: mergeMembers(readMembers(base), readMembers(own)),
    globs: globs.map((glob) => [
      glob,
      mergeMembers(membersOf(inherited.get(glob)), membersOf(added.get(glob))),
    ]),
  };
}

// A name without a star comes before every other glob that matches it.
function bySpecificity(left: string, right: string): number {
  return (
    countOf(/[^*?]/g, right) - countOf(/[^*?]/g, left) ||
    countOf(/\*/g, left) - countOf(/\*/g, right) ||
    (left < right ? -1 : 1)
  );
}

function countOf(pattern: RegExp, text: string): number {
  return text.match(pattern)?.length ?? 0;
}

/** As in PluginSettings. */
export interface ManagedMembers {
  members: PluginMember[];
  modelMembers: PluginModelMembers[];
}

/** The members for the filter; `complete` adds those that are implied. */
export function manageMembers(
  { rest, globs }: MembersByModel,
  complete: (members: Members) => PluginMember[],
): ManagedMembers {
  const others = complete(rest);
  const lists = globs.map(([, own]) => complete(mergeMembers(rest, own)));
  const members = [...others];
  for (const member of lists.flat()) {
    if (find(members, member) === undefined) members.push({ name: member.name });
  }
  const modelMembers = globs.map(([model], index) => ({
    model,
    members: members.flatMap((member) => {
      const own = find(lists[index] ?? [], member) ?? { name: member.name };
      return isDeepStrictEqual(own, member) ? [] : [own];
    }),
  }));
  return { members, modelMembers };
}

function find(members: readonly PluginMember[], { name }: PluginMember): PluginMember | undefined {
  return members.find((member) => memberKey(member.name) === memberKey(name));
}
