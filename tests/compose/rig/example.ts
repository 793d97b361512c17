// Reads examples/docker-compose: its Compose file, and the commands of its README.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { readSteps, type Step } from "../../support/readme.ts";

export const exampleFolder = "examples/docker-compose";

interface Service {
  image: string;
}

/** The example's Compose file. */
export function composeFile(): { services: { gateway: Service; provider: Service } } {
  const text = readFileSync(join(exampleFolder, "docker-compose.yml"), "utf8");
  return parse(text) as ReturnType<typeof composeFile>;
}

/**
 * The only command of the README that begins with `beginning`, with the output that the README
 * shows.
 */
export function shownCommand(beginning: string): Step {
  const steps = readSteps("docker-compose", "containers");
  const found = steps.filter(({ command }) => command.startsWith(beginning));
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new Error(`The README has ${found.length} commands that begin with ${beginning}`);
  }
  return only;
}
