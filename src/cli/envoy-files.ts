// The configuration of the Envoy of `run`, as files. Envoy reads the listener and the clusters again
// when another file takes their place. Kept between calls: the clusters so far.
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Named,
  type ResourceFiles,
  toFileBootstrap,
  toResourceFiles,
} from "../emit/envoy/bootstrap.ts";
import type { EnvoyOptions } from "../emit/envoy/options.ts";
import { toYaml } from "../emit/to-yaml.ts";
import type { Plan } from "../plan/plan.ts";

export class EnvoyFiles {
  readonly #bootstrap: string;
  readonly #files: ResourceFiles;
  #clusters: readonly Named[] = [];

  constructor(directory: string) {
    this.#bootstrap = join(directory, "envoy.yaml");
    this.#files = {
      listeners: join(directory, "listeners.yaml"),
      clusters: join(directory, "clusters.yaml"),
    };
  }

  /** Writes the bootstrap, and returns its file. */
  async begin(options: EnvoyOptions): Promise<string> {
    await replace(this.#bootstrap, toFileBootstrap(options, this.#files));
    return this.#bootstrap;
  }

  /** Writes the rest: the clusters first, as routes refer to them. */
  async write(plan: Plan, options: EnvoyOptions): Promise<void> {
    const { listeners, clusters, all } = toResourceFiles(plan, options, this.#clusters);
    this.#clusters = all;
    await replace(this.#files.clusters, clusters);
    await replace(this.#files.listeners, listeners);
  }
}

// Readable by the owner alone: it may hold a literal key.
async function replace(file: string, content: object): Promise<void> {
  await writeFile(`${file}.new`, toYaml(content), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
