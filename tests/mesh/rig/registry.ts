// Runs an image registry on loopback: Debian's docker-registry.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Components } from "./components.ts";
import { registryAddress } from "./names.ts";

/** Starts an empty registry. Does not wait until it is ready. */
export function startRegistry(components: Components, folder: string): void {
  const data = join(folder, "registry");
  mkdirSync(data);
  const config = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: data } },
    http: { addr: registryAddress },
    log: { level: "warn" },
  };
  // JSON is valid YAML.
  const file = join(folder, "registry.json");
  writeFileSync(file, JSON.stringify(config));
  components.start({ name: "registry", command: ["docker-registry", "serve", file] });
}

/** Resolves when the registry is ready. */
export async function whenRegistryReady(components: Components): Promise<void> {
  const url = `http://${registryAddress}/v2/`;
  await components.until("the registry", async () => (await fetch(url)).ok);
}
