import type { OpenAIConfig } from "../api/generated.ts";
import type { Diagnostic, DiagnosticCode, Path } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import { memberKey } from "../model/members.ts";

/** A place where an openAIConfig names a member of the body. */
export interface Mention {
  section: "field" | "defaults" | "overrides" | "limits" | "remove";
  name: string;
  key: string;
  /** What is said about the member; under `remove`, its name again. */
  place: Cursor;
  /** Of `place`, within the openAIConfig. */
  path: Path;
}

/** Every mention of a member, fields first and then by section. */
export function mentionsOf(config: Cursor<OpenAIConfig>): Mention[] {
  const mention = (section: Mention["section"], name: string, place: Cursor): Mention => {
    const path = place.path.slice(config.path.length);
    return { section, name, key: memberKey(name), place, path };
  };
  const fields = (["model", "stream"] as const).filter((name) => config.value[name] !== undefined);
  const parameters = config.at("parameters");
  const sections = (["defaults", "overrides", "limits"] as const).flatMap((section) =>
    parameters
      .at(section)
      .fields()
      .map(([name, place]) => mention(section, name, place)),
  );
  const removed = parameters.at("remove").items();
  return [
    ...fields.map((name) => mention("field", name, config.at(name))),
    ...sections,
    ...removed.map((place) => mention("remove", place.value, place)),
  ];
}

/** A diagnostic about the mention itself, rather than about the member's value. */
export function problemWith(
  { section, place }: Mention,
  code: DiagnosticCode,
  message: string,
): Diagnostic {
  return place.problem(code, message, section === "remove" ? "value" : "key");
}
