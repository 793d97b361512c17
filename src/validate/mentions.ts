import type { ModelParameters, OpenAIConfig } from "../api/generated.ts";
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

/** Every mention of a member, but for those that depend on the model: fields first, then by section. */
export function mentionsOf(config: Cursor<OpenAIConfig>): Mention[] {
  const fields = (["model", "stream"] as const).filter((name) => config.value[name] !== undefined);
  return [
    ...fields.map((name) => mentionOf("field", name, config.at(name), config)),
    ...mentionsIn(config.at("parameters"), config),
  ];
}

/** Every mention in parameters of an openAIConfig, by section. */
export function mentionsIn(
  parameters: Cursor<ModelParameters | undefined>,
  config: Cursor<OpenAIConfig>,
): Mention[] {
  const sections = (["defaults", "overrides", "limits"] as const).flatMap((section) =>
    parameters
      .at(section)
      .fields()
      .map(([name, place]) => mentionOf(section, name, place, config)),
  );
  const removed = parameters.at("remove").items();
  return [...sections, ...removed.map((place) => mentionOf("remove", place.value, place, config))];
}

function mentionOf(
  section: Mention["section"],
  name: string,
  place: Cursor,
  config: Cursor<OpenAIConfig>,
): Mention {
  const path = place.path.slice(config.path.length);
  return { section, name, key: memberKey(name), place, path };
}

/** A diagnostic about the mention itself, rather than about the member's value. */
export function problemWith(
  { section, place }: Mention,
  code: DiagnosticCode,
  message: string,
): Diagnostic {
  return place.problem(code, message, section === "remove" ? "value" : "key");
}
