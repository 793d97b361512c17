// Numbers beyond 2^53 with all of their digits, as far as the runtime can: from Node 22 on, JSON.parse
// gives the text of each number. Pure.

interface Runtime {
  rawJSON?: (text: string) => unknown;
}
type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown;

const { rawJSON } = JSON as Runtime;

/**
 * The value of a JSON text, which JSON.stringify writes with the digits of the text. Undefined if
 * JSON.parse is exact too, or if the runtime can't do better.
 */
export function exactJson<Value>(text: string): Value | undefined {
  // JSON.parse rounds no integer of fewer digits, and a reviver is slow.
  if (rawJSON === undefined || !/[\d.]{16}/.test(text)) return undefined;
  const keepDigits: Reviver = (_, value, context) =>
    typeof value === "number" && context?.source !== undefined ? rawJSON(context.source) : value;
  return JSON.parse(text, keepDigits) as Value;
}
