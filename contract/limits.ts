// Bounds that the compiler enforces and the filter relies on. Plain declarations without imports, read
// by both compilers.

/** Managed members of one body, `model` and implied members included: sets of them are 64-bit masks. */
export const MAX_MEMBERS = 64;

/** Characters of a managed member's name, all of them ASCII. */
export const MAX_MEMBER_NAME_LENGTH = 64;

/** Objects and arrays inside one another, in a request body and in a configured JSON value. */
export const MAX_JSON_DEPTH = 512;

/** Callers that the metrics of one worker tell apart: by default, and at most. */
export const DEFAULT_SOURCES = 200;
export const MAX_SOURCES = 10000;
