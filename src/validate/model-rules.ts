import type { Path } from "../diagnostics.ts";
import type { ConfigContext } from "./config-context.ts";

const maxModelBytes = 200;

/** `models`: every name, glob and alias can be compared and written into a body. */
export function checkModels(context: ConfigContext): void {
  const { allow = [], aliases = {} } = context.config.models ?? {};
  for (const [index, glob] of allow.entries()) {
    checkModel(glob, ["models", "allow", index], context);
  }
  for (const [name, model] of Object.entries(aliases)) {
    const path = ["models", "aliases", name];
    if (isModelName(name)) checkModel(model, path, context);
    else context.faultAtName("invalid_model_name", path, allowedNames);
  }
}

const allowedNames = `must have 1 to ${maxModelBytes} bytes, none of them a control character`;

function checkModel(model: string, path: Path, { fault }: ConfigContext): void {
  if (!isModelName(model)) fault("invalid_model_name", path, allowedNames);
}

function isModelName(text: string): boolean {
  const bytes = Buffer.byteLength(text);
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  return bytes > 0 && bytes <= maxModelBytes && !/[\0-\x1f\x7f]/.test(text);
}
