// Resolves an apiKey: a literal, or ${NAME} from the gateway's environment. Comes in: the
// configured text; goes out: the key, or what is wrong, without any part of the text. Nothing is
// kept between calls.

import { CASE_BIT, Char } from "../bytes/chars";
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

/** Whether every character is printable ASCII or a space: what a header's value may hold. */
export function isPrintable(text: string): bool {
  for (let i = 0; i < text.length; i++) {
    const code = <u32>text.charCodeAt(i);
    if (code < Char.Space || code > Char.Tilde) return false;
  }
  return true;
}

function isVariableName(name: string): bool {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    const isLetter = code == Char.Underscore || <u32>((code | CASE_BIT) - Char.a) < 26;
    const isDigit = <u32>(code - Char.Zero) < 10;
    if (!isLetter && (!isDigit || i == 0)) return false;
  }
  return name.length > 0;
}

function readVariable(name: string): string {
  const variables = String.UTF8.decode(getEnvironment()).split("\0");
  const prefix = name + "=";
  for (let i = 0; i < variables.length; i++) {
    if (variables[i].startsWith(prefix)) return variables[i].substring(prefix.length);
  }
  return "";
}
