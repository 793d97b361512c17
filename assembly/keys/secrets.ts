// Resolves an apiKey: a literal, or ${NAME} from the gateway's environment. Comes in: the
// configured text; goes out: the key, or what is wrong, without any part of the text. Nothing is
// kept between calls.

import { isPrintable, isVariableName } from "../../contract/characters";
import { getEnvironment } from "../host/host";

/** The resolved key, or why there is none. */
export class Secret {
  constructor(
    public key: string,
    public fault: string,
  ) {}
}

/**
 * Resolves `apiKey`. Whitespace around the key is trimmed, as a Secret made from a file often ends
 * with a newline.
 */
export function resolveSecret(apiKey: string): Secret {
  const configured = apiKey.trim();
  if (!configured.includes("${")) return checked(configured, "apiKey");
  const name = configured.substring(2, configured.length - 1);
  if (!configured.startsWith("${") || !configured.endsWith("}") || !isVariableName(name)) {
    return new Secret("", "apiKey: must be a literal or ${NAME}, NAME of letters, digits and _");
  }
  return checked(readVariable(name).trim(), "environment variable " + name);
}

function checked(key: string, source: string): Secret {
  if (key.length == 0) return new Secret("", source + " is missing or empty");
  if (!isPrintable(key)) {
    return new Secret("", source + " contains a character that is not printable ASCII");
  }
  return new Secret(key, "");
}

function readVariable(name: string): string {
  const variables = String.UTF8.decode(getEnvironment()).split("\0");
  const prefix = name + "=";
  for (let i = 0; i < variables.length; i++) {
    if (variables[i].startsWith(prefix)) return variables[i].substring(prefix.length);
  }
  return "";
}
