/** Whether `text` is the name of a header, and no pseudo header such as `:path`. */
export function isHeaderName(text: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text);
}
