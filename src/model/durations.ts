/** Whether `text` is a duration such as `500ms`, `4s`, `5m` or `1h`, and not 0. */
export function isDuration(text: string): boolean {
  return /^[1-9]\d{0,8}(ms|s|m|h)$/.test(text);
}

/** Milliseconds of a duration such as `500ms`, `4s`, `5m` or `1h`. */
export function toMs(duration: string): number {
  const [, count = "", unit = ""] = /^(\d+)(ms|s|m|h)$/.exec(duration) ?? [];
  return Number(count) * (unitMs[unit] ?? Number.NaN);
}

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The duration in seconds, as Envoy and Istio take it: `0.5s`. */
export function toSeconds(ms: number): string {
  return `${ms / 1000}s`;
}
