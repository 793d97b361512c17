// How the mock counts tokens. The rule is simple enough for a test to count by hand: each word (a
// run of characters other than whitespace) is one token, and each chat message costs three more.
import { isObject } from "./answer.ts";

/** What each chat message costs in addition to its words. */
export const tokensPerMessage = 3;

/**
 * What `reasoning_effort` costs in a chat completion. These tokens have no text, but count as
 * completion tokens.
 */
export const reasoningTokens = 5;

/**
 * The words of a text, each with the whitespace before it. Joined, they are the text without its
 * trailing whitespace.
 */
export function splitWords(text: string): string[] {
  return text.match(/\s*\S+/g) ?? [];
}

/** One token per word. */
export function countTokens(text: string): number {
  return splitWords(text).length;
}

/** The tokens of one chat message: its words, and `tokensPerMessage`. */
export function countMessage(message: unknown): number {
  return tokensPerMessage + countTokens(textOf(message));
}

/** The tokens of all messages together. */
export function countMessages(messages: unknown[]): number {
  return messages.reduce<number>((sum, message) => sum + countMessage(message), 0);
}

/**
 * The text of a chat message: its content, or the text parts of its content joined by spaces. Other
 * parts are ignored.
 */
export function textOf(message: unknown): string {
  if (!isObject(message)) return "";
  if (typeof message["content"] === "string") return message["content"];
  if (!Array.isArray(message["content"])) return "";
  const parts: unknown[] = message["content"];
  return parts
    .map((part) => (isObject(part) && typeof part["text"] === "string" ? part["text"] : ""))
    .filter((text) => text !== "")
    .join(" ");
}
