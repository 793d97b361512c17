import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The path of the filter's module: that of `--wasm`, or llm-egress.wasm next to this program. The
 * file may not exist.
 */
export function moduleFile(wasm: string | undefined): string {
  if (wasm !== undefined) return resolve(wasm);
  return fileURLToPath(new URL("llm-egress.wasm", import.meta.url));
}

/**
 * The folder for downloaded and built programs: `llm-egress` in `$XDG_CACHE_HOME` or `~/.cache`.
 */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const xdg = env["XDG_CACHE_HOME"] ?? "";
  const root = isAbsolute(xdg) ? xdg : join(env["HOME"] ?? homedir(), ".cache");
  return join(root, "llm-egress");
}
