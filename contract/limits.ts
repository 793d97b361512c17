// Bounds that the compiler enforces and the filter relies on. Plain declarations without imports,
// read by both compilers.

/**
 * Managed members of one body, including `model` and implied members. A set of them is a 64-bit
 * mask.
 */
export const MAX_MEMBERS = 64;

/** Characters of a managed member's name, all of them ASCII. */
export const MAX_MEMBER_NAME_LENGTH = 64;

/** Objects and arrays inside one another, in a request body and in a configured JSON value. */
export const MAX_JSON_DEPTH = 512;

/** Callers that the metrics of one worker distinguish: by default, and at most. */
export const DEFAULT_SOURCES = 200;
export const MAX_SOURCES = 10000;

/** Globs of models that have parameters of their own. */
export const MAX_MODEL_GLOBS = 16;

/** Keys that one provider uses in turn. */
export const MAX_API_KEYS = 16;

/** Bytes of a key in a Secret. Providers accept no longer header. */
export const MAX_KEY_BYTES = 8192;

/** Bytes of what the key server answers with all keys of one gateway. */
export const MAX_KEYS_BYTES = 1048576;

/** The same as for callers, for models that only clients name: by default, and at most. */
export const DEFAULT_MODELS = 50;
export const MAX_MODELS = 1000;

/** Bytes of such a model's name. Longer ones have no label of their own. */
export const MAX_MODEL_BYTES = 64;
