import type { DiagnosticCode, Path, Report } from "../diagnostics.ts";
import type { SourceDocument } from "../parse/source-document.ts";
import { type ConfigSource, type Members, memberKey, readMembers } from "../plan/members.ts";

/** One openAIConfig under judgement. */
export interface ConfigContext extends ConfigSource {
  members: Members;
  /** Reports about a part of the openAIConfig, by its path there. */
  fault(code: DiagnosticCode, path: Path, message: string): void;
  /** Like `fault`, about a field's name instead of its value. */
  faultAtName(code: DiagnosticCode, path: Path, message: string): void;
}

/** Where an openAIConfig stands. */
export interface ConfigPlace {
  document: SourceDocument;
  /** The path of the openAIConfig in the document. */
  root: Path;
  report: Report;
}

/** A context for the rules, which know paths within the openAIConfig only. */
export function createContext(source: ConfigSource, place: ConfigPlace): ConfigContext {
  const { document, root, report } = place;
  return {
    ...source,
    members: readMembers(source),
    fault: (code, path, message) => report(document.problem(code, [...root, ...path], message)),
    faultAtName: (code, path, message) =>
      report(document.problem(code, [...root, ...path], message, "key")),
  };
}

/** A place where an openAIConfig names a member of the body. */
export interface Mention {
  section: "field" | "defaults" | "overrides" | "limits" | "remove";
  name: string;
  key: string;
  /** Within the openAIConfig. */
  path: Path;
  /** The member's value; undefined under `remove`. */
  value: unknown;
}

/** Every mention of a member, fields first and then by section. */
export function mentionsOf({ config }: ConfigSource): Mention[] {
  const { defaults = {}, overrides = {}, limits = {}, remove = [] } = config.parameters ?? {};
  const fields = (["model", "stream"] as const).filter((name) => config[name] !== undefined);
  return [
    ...fields.map((name) => mention("field", name, [name], config[name])),
    ...mentionsIn("defaults", defaults),
    ...mentionsIn("overrides", overrides),
    ...mentionsIn("limits", limits),
    ...remove.map((name, index) =>
      mention("remove", name, ["parameters", "remove", index], undefined),
    ),
  ];
}

function mentionsIn(section: "defaults" | "overrides" | "limits", values: object): Mention[] {
  return Object.entries(values).map(([name, value]) =>
    mention(section, name, ["parameters", section, name], value),
  );
}

function mention(section: Mention["section"], name: string, path: Path, value: unknown): Mention {
  return { section, name, key: memberKey(name), path, value };
}
