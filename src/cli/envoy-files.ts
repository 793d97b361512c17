// The configuration of the Envoy of `run`, as files. Envoy reads the listener and the clusters again
// when another file takes their place. Kept between calls: the clusters that Envoy has accepted.
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

/** Writes a file. False if Envoy refuses it. */
export type Apply = (write: () => Promise<void>) => Promise<boolean>;

export class EnvoyFiles {
  readonly #bootstrap: string;
  readonly #files: ResourceFiles;
  #clusters: readonly Named[] = [];
  #clustersFile: object = {};

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

  /**
   * Writes the rest: the clusters first, as routes refer to them. False if Envoy refuses it: then the
   * previous configuration stays in effect.
   */
  async write(plan: Plan, options: EnvoyOptions, apply: Apply): Promise<boolean> {
    const { listeners, clusters, all } = toResourceFiles(plan, options, this.#clusters);
    if (!(await apply(() => replace(this.#files.clusters, clusters)))) {
      // Envoy has taken those clusters that it does not refuse.
      await replace(this.#files.clusters, this.#clustersFile);
      return false;
    }
    [this.#clusters, this.#clustersFile] = [all, clusters];
    return apply(() => replace(this.#files.listeners, listeners));
  }
}

// Readable by the owner alone: it may hold a literal key.
async function replace(file: string, content: object): Promise<void> {
  await writeFile(`${file}.new`, toYaml(content), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
