/** Something that this machine lacks for the tests: its message is for the user, without a stack. */
export class MissingRequirement extends Error {}
