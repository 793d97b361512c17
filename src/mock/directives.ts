// The request headers with which a test controls the mock. Without them, it behaves like a plain
// provider.
import type { IncomingHttpHeaders } from "node:http";
import { isObject } from "./answer.ts";

/** What the `x-mock-*` headers of one request ask for. */
export interface Directives {
  /** `x-mock-echo: 1 | digest`: answer with what arrived, with or without the body's bytes. */
  echo: "off" | "full" | "digest";
  /** `x-mock-status: N`: answer with this status and an error object. */
  status?: number;
  /** `x-mock-early: 1`: answer with a slow stream before the body is read. */
  early: boolean;
  /** `x-mock-delay-ms: N`: wait before the answer begins. */
  delayMs: number;
  /** `x-mock-pause-ms: N`: wait between two pieces of the answer. */
  pauseMs: number;
  /** `x-mock-chunk-bytes: N`: send the answer in pieces of N bytes instead of its own. */
  chunkBytes?: number;
  /**
   * `x-mock-response-headers: {"name": "value" | ["value", …]}`: add these headers to the answer;
   * they replace its own.
   */
  headers: Record<string, string | string[]>;
  /** `x-mock-abort: after-headers | mid-body`: close the connection at that point. */
  abort: "never" | "after-headers" | "mid-body";
}

const echoes = new Map<string | undefined, Directives["echo"]>([
  [undefined, "off"],
  ["1", "full"],
  ["digest", "digest"],
]);
const aborts = new Map<string | undefined, Directives["abort"]>([
  [undefined, "never"],
  ["after-headers", "after-headers"],
  ["mid-body", "mid-body"],
]);
const defaultEarlyPauseMs = 50;

/** The directives of a request without `x-mock-*` headers. */
export const plainly: Directives = {
  echo: "off",
  early: false,
  delayMs: 0,
  pauseMs: 0,
  headers: {},
  abort: "never",
};

/** The directives of a request, or the name of the header that is malformed. */
export function readDirectives(received: IncomingHttpHeaders): Directives | string {
  const text = (name: string) => received[`x-mock-${name}`]?.toString();
  const early = text("early") === "1";
  const status = wholeNumber(text("status"));
  const chunkBytes = wholeNumber(text("chunk-bytes"));
  const delayMs = wholeNumber(text("delay-ms")) ?? 0;
  const pauseMs = wholeNumber(text("pause-ms")) ?? (early ? defaultEarlyPauseMs : 0);
  const headers = readHeaders(text("response-headers"));
  const echo = echoes.get(text("echo"));
  const abort = aborts.get(text("abort"));
  if (!isWithin(status, 200, 599)) return "x-mock-status";
  if (!isWithin(chunkBytes, 1, Infinity)) return "x-mock-chunk-bytes";
  if (!isWithin(delayMs, 0, Infinity)) return "x-mock-delay-ms";
  if (!isWithin(pauseMs, 0, Infinity)) return "x-mock-pause-ms";
  if (headers === undefined) return "x-mock-response-headers";
  if (echo === undefined) return "x-mock-echo";
  if (abort === undefined) return "x-mock-abort";
  return {
    echo,
    early,
    delayMs,
    pauseMs,
    headers,
    abort,
    ...(status === undefined ? {} : { status }),
    ...(chunkBytes === undefined ? {} : { chunkBytes }),
  };
}

// NaN, which is outside every range, if the text is not a whole number.
function wholeNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,9}$/.test(text) ? Number(text) : NaN;
}

function isWithin(value: number | undefined, min: number, max: number): boolean {
  return value === undefined || (value >= min && value <= max);
}

function readHeaders(text: string | undefined): Directives["headers"] | undefined {
  try {
    const headers: unknown = JSON.parse(text ?? "{}");
    return isObject(headers) ? (headers as Directives["headers"]) : undefined;
  } catch {
    return undefined;
  }
}
