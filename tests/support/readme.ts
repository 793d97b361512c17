// The commands in the READMEs of the examples, with the output that is shown there. Every indented block is a terminal: a line that begins
// with `$ ` is a command, which goes on in the next line after a backslash, and the lines below it are its output.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface Step {
  command: string;
  /** As it is shown; empty for a command that says nothing. */
  output: string;
}

/** Where a command is run: on a mesh, on the reader's own machine, which needs none, or there in containers. */
export type Place = "mesh" | "machine" | "containers";

/** Where the commands of a README are run from its beginning on, if not on a mesh. */
const places: Record<string, Place> = { quickstart: "machine", "docker-compose": "containers" };

const prompt = "$ ";

/** The examples' folders, by name. */
export function exampleNames(): string[] {
  return readdirSync("examples").sort();
}

/** The commands of an example's README for one place, in their order. */
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
  else if (!isInside || latest === undefined) throw new Error(`no command before: ${line}`);
  else if (latest.command.endsWith("\\")) latest.command += `\n${line}`;
  else latest.output += `${line}\n`;
}

/** Checks that a command has printed what the README shows, but for what differs each time. */
export function assertShown({ command, output }: Step, printed: string): void {
  assert.equal(mask(printed).trimEnd(), mask(output).trimEnd(), command);
}

/** The text without what differs each time: ids, times, and the counts of `uniq -c`. */
export function mask(text: string): string {
  return text
    .replaceAll(/chatcmpl-[0-9a-f]{32}/g, "chatcmpl-ID")
    .replaceAll(/"created":\d+/g, '"created":TIME')
    .replaceAll(/"duration":\d+/g, '"duration":TIME')
    .replaceAll(/"start_time":"[^"]*"/g, '"start_time":TIME')
    .replaceAll(/^ +\d+ (?=")/gm, "N ");
}
