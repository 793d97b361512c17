// The characters that texts of a configuration may have. Plain functions without imports: the
// compiler and the module run the same checks.

/** Whether `text` is a header name: a token of RFC 9110, and so not a pseudo-header of HTTP/2. */
export function isHeaderName(text: string): boolean {
  return isWord(text, "!#$%&'*+-.^_`|~");
}

/**
 * Whether `text` can name a managed member; `MAX_MEMBER_NAME_LENGTH` bounds its length. A dot is
 * refused: it would look like a path into an object, but the filter edits only members of the body
 * itself.
 */
export function isMemberName(text: string): boolean {
  return isWord(text, "_-");
}

/** Whether `text` is the name of an environment variable. */
export function isVariableName(text: string): boolean {
  return isWord(text, "_") && text.charCodeAt(0) > NINE;
}

/** Whether `text` can be a version of keys, or a revision of a configuration. */
export function isToken(text: string): boolean {
  return isWord(text, "_-.");
}

/** Whether a credential may consist of `text`: printable ASCII and spaces. */
export function isPrintable(text: string): boolean {
  return isBetween(text, 0x20, 0x7e);
}

/** Whether `text` is a provider's path, with its query. Its escapes are not checked. */
export function isPath(text: string): boolean {
  return text.startsWith("/") && isBetween(text, 0x21, 0x7e) && !text.includes("#");
}

const NINE = 0x39;

// ASCII letters, digits and `others`, at least one of them.
function isWord(text: string, others: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const isDigit = code >= 0x30 && code <= NINE;
    const isLetter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
    if (!isDigit && !isLetter && !others.includes(text.charAt(i))) return false;
  }
  return text.length > 0;
}

function isBetween(text: string, first: number, last: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < first || code > last) return false;
  }
  return true;
}
