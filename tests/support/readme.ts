// The commands in the READMEs of the examples, with the output that is shown there. Every indented
// block is a terminal session. A line that begins with `$ ` is a command, a backslash at its end
// continues it on the next line, and the lines below are its output.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Step {
  command: string;
  /** The output in the README; empty if the command prints nothing. */
  output: string;
}

/**
 * Where a command runs: on a mesh, on the reader's machine without a mesh, or in containers on that
 * machine.
 */
export type Place = "mesh" | "machine" | "containers";

/** Where the first commands of a README run, if not on a mesh. */
const places: Record<string, Place> = { quickstart: "machine", "docker-compose": "containers" };

const prompt = "$ ";

/** The names of the examples' folders. */
export function exampleNames(): string[] {
  return readdirSync("examples").sort();
}

/** The commands of an example's README for one place, in order. */
export function readSteps(example: string, place: Place): Step[] {
  let current = places[example] ?? "mesh";
  const steps: Step[] = [];
  let isInside = false;
  for (const line of readFileSync(join("examples", example, "README.md"), "utf8").split("\n")) {
    const isBlock = line.startsWith("    ");
    if (line.startsWith("## ")) current = line === "## Without a mesh" ? "machine" : "mesh";
    if (isBlock && current === place) readLine(steps, line.slice(4), isInside);
    isInside = isBlock;
  }
  return steps;
}

function readLine(steps: Step[], line: string, isInside: boolean): void {
  const latest = steps.at(-1);
  if (line.startsWith(prompt)) steps.push({ command: line.slice(prompt.length), output: "" });
  else if (!isInside || latest === undefined)
    throw new Error(`no command before the line: ${line}`);
  else if (latest.command.endsWith("\\")) latest.command += `\n${line}`;
  else latest.output += `${line}\n`;
}

/** Checks that a command printed what the README shows, except for what differs in each run. */
export function assertShown({ command, output }: Step, printed: string): void {
  assert.equal(mask(printed).trimEnd(), mask(output).trimEnd(), command);
}

/** The text without what differs in each run: ids, times, ages, and the counts of `uniq -c`. */
export function mask(text: string): string {
  return (
    text
      .replaceAll(/chatcmpl-[0-9a-f]{32}/g, "chatcmpl-ID")
      .replaceAll(/"created":\d+/g, '"created":TIME')
      .replaceAll(/"duration":\d+/g, '"duration":TIME')
      .replaceAll(/"start_time":"[^"]*"/g, '"start_time":TIME')
      .replaceAll(/^LAST DEPLOYED: .*$/gm, "LAST DEPLOYED: TIME")
      // The age in a table of kubectl, whose columns are as wide as their cells.
      .replaceAll(/ +(?:\d+[ms])+$/gm, " AGE")
      .replaceAll(/^ +\d+ (?=")/gm, "N ")
  );
}
