// Which model a request named, as metrics distinguish it: those of the configuration, and of those
// that only clients name, the first ones that a provider has answered. Kept between calls: these
// models, across configurations, as their series remain as well.

import { MAX_MODEL_BYTES } from "../../contract/limits";
import { addLabel, findLabel, Label, OTHER_LABEL, UNKNOWN_LABEL } from "../labels";
import { Call } from "./call";

const clientModels: Label[] = [];

/**
 * The label of the call's model, of which the configuration names `configured`: `unknown` without
 * one, `other` for more models than `cap` that only clients name. Such a model is also `other`
 * until a provider has answered it with 2xx, so that names that no provider knows don't count.
 */
export function modelLabel(call: Call, configured: Label[], cap: i32): Label {
  const name = call.modelName;
  if (name === null) return UNKNOWN_LABEL;
  const own = findLabel(configured, name);
  if (own !== null) return own;
  const known = findLabel(clientModels, name);
  if (known !== null) return known;
  const isShort = <u32>(name.byteLength - 1) < <u32>MAX_MODEL_BYTES;
  const isAnswered = call.status - 200 < 100;
  if (!isShort || !isAnswered || clientModels.length >= cap) return OTHER_LABEL;
  return addLabel(clientModels, name);
}
