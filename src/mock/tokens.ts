// How the mock counts tokens. The rule is simple, so that a test can count by hand: a word, which
// is a run of characters that are not whitespace, is one token, and each chat message costs three
// more.
import { isObject } from "./answer.ts";

/** What each chat message costs on top of its words. */
export const tokensPerMessage = 3;

/**
 * What `reasoning_effort` costs in a chat completion: these count as completion tokens, and have no
 * text.
 */
export const reasoningTokens = 5;

/**
 * The words of a text, each with the whitespace before it, so that joined they are the text again
 * (less its trailing whitespace).
 */
export function splitWords(text: string): string[] {
  return text.match(/\s*\S+/g) ?? [];
}

/** One token a word. */
export function countTokens(text: string): number {
  return splitWords(text).length;
}

/** The tokens of one chat message: its words and three. */
export function countMessage(message: unknown): number {
  return tokensPerMessage + countTokens(textOf(message));
}

/** The tokens of chat messages: the sum over the messages. */
export function countMessages(messages: unknown[]): number {
  return messages.reduce<number>((sum, message) => sum + countMessage(message), 0);
}

/**
 * The text of a chat message: its content, or the text parts of its content joined by a space;
 * other parts count nothing.
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
