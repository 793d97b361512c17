/**
 * A requirement of the tests that this machine does not meet. The user sees the message without a
 * stack trace.
 */
export class MissingRequirement extends Error {}
