import type { OpenAIConfig } from "../api/generated.ts";
import type { Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import { foldGlob } from "../model/model-members.ts";

const maxModelBytes = 200;

/** `models`: every name, glob and alias can be compared and written into a body. */
export function checkModels(config: Cursor<OpenAIConfig>, report: Report): void {
  const models = config.at("models");
  for (const glob of models.at("allow").items()) checkModel(glob, report);
  for (const [name, model] of models.at("aliases").fields()) {
    if (isModelName(name)) checkModel(model, report);
    else report(model.problem("invalid_model_name", allowedNames, "key"));
  }
}

const allowedNames = `must have 1 to ${maxModelBytes} bytes and no control characters`;

/** The globs of `parameters.models`. */
export function checkModelGlobs(config: Cursor<OpenAIConfig>, report: Report): void {
  const seen = new Map<string, string>();
  for (const [glob, entry] of config.at("parameters", "models").fields()) {
    const first = seen.get(foldGlob(glob));
    seen.set(foldGlob(glob), glob);
    if (!isModelName(glob)) {
      report(entry.problem("invalid_model_name", allowedNames, "key"));
    } else if (first !== undefined) {
      const message = `is the same as ${first}: globs are compared without case`;
      report(entry.problem("invalid_model_name", message, "key"));
    }
  }
}

function checkModel(model: Cursor<string>, report: Report): void {
  if (!isModelName(model.value)) report(model.problem("invalid_model_name", allowedNames));
}

function isModelName(text: string): boolean {
  const bytes = Buffer.byteLength(text);
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return bytes > 0 && bytes <= maxModelBytes && !/[\0-\x1f\x7f]/.test(text);
}
