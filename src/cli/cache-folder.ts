import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Where what is fetched and built is kept: `llm-egress` in `$XDG_CACHE_HOME` or `~/.cache`. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const xdg = env["XDG_CACHE_HOME"] ?? "";
  const root = isAbsolute(xdg) ? xdg : join(env["HOME"] ?? homedir(), ".cache");
  return join(root, "llm-egress");
}
