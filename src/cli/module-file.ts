import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The path of the filter's module: what `--wasm` says, or llm-egress.wasm beside this program. There may be no such file. */
export function moduleFile(wasm: string | undefined): string {
  if (wasm !== undefined) return resolve(wasm);
  return fileURLToPath(new URL("llm-egress.wasm", import.meta.url));
}
