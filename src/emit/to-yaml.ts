import { stringify } from "yaml";

/** A plain object as YAML; every document of ours is written by this. */
export function toYaml(value: object): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
