// The controller's log: one JSON object per line. No line holds a key.

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

export type Log = Record<LogLevel, (message: string, fields?: object) => void>;

/** A log that writes lines of `least` and above. `hide` removes keys from the texts of a line. */
export function createLog(
  least: LogLevel,
  hide: (text: string) => string,
  write: (line: string) => void,
): Log {
  const at =
    (level: LogLevel) =>
    (message: string, fields: object = {}) => {
      if (logLevels.indexOf(level) < logLevels.indexOf(least)) return;
      // Not in the whole line: what somebody calls a key may be a part of its form.
      const hidden = JSON.stringify(fields, (_, value: unknown) =>
        typeof value === "string" ? hide(value) : value,
      );
      const head = { time: new Date().toISOString(), level, message };
      write(JSON.stringify({ ...head, ...(JSON.parse(hidden) as object) }));
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
