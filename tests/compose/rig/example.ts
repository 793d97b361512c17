// What examples/docker-compose says: its Compose file, and the commands of its README.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

export const exampleFolder = "examples/docker-compose";

interface Service {
  image: string;
}

/** The example's Compose file. */
export function composeFile(): { services: { gateway: Service; provider: Service } } {
  const text = readFileSync(join(exampleFolder, "docker-compose.yml"), "utf8");
  return parse(text) as ReturnType<typeof composeFile>;
}

export interface ShownCommand {
  command: string;
  /** What the README shows of its output; undefined where it shows none. */
  output: string | undefined;
}

/** The README's one command that begins so. */
export function shownCommand(beginning: string): ShownCommand {
  const readme = readFileSync(join(exampleFolder, "README.md"), "utf8");
  const blocks = readme.match(/(?:^ {4}.*\n)+/gm) ?? [];
  const found = blocks.flatMap(commandsOf).filter(({ command }) => command.startsWith(beginning));
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new Error(`The README has ${found.length} commands that begin with ${beginning}`);
  }
  return only;
}

// A block is a list of commands, or one after a `$` with its output.
function commandsOf(block: string): ShownCommand[] {
  const lines = block
    .trimEnd()
    .split("\n")
    .map((line) => line.slice(4));
  const [first = "", ...output] = lines;
  if (!first.startsWith("$ ")) return lines.map((command) => ({ command, output: undefined }));
  return [{ command: first.slice(2), output: output.join("\n") }];
}
