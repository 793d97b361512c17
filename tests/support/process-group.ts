import { readdirSync, readFileSync } from "node:fs";

/** The commands of the processes of a group that have not ended. Linux only. */
export function runningInGroup(group: number): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const stat = statOf(pid);
      // pid (command) state parent group …
      const [, command = "", state, found] = /^\d+ \((.*)\) (\S) \d+ (\d+)/s.exec(stat) ?? [];
      return Number(found) === group && state !== "Z" ? [command] : [];
    });
}

function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    // It has ended since the folder was read.
    return "";
  }
}
