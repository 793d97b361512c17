// The filter's module with another hash, so that gateways start new VMs.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface OtherModule {
  /** Its path. */
  wasm: string;
  sha256: string;
}

/** Writes the module with a section that has no effect. Each number gives another module. */
export function anotherModule(folder: string, number: number): OtherModule {
  const name = Buffer.from(`version-${number}`);
  const section = Buffer.concat([Buffer.from([0, name.length + 1, name.length]), name]);
  const bytes = Buffer.concat([readFileSync("build/llm-egress.wasm"), section]);
  const wasm = join(folder, `module-${number}.wasm`);
  writeFileSync(wasm, bytes);
  return { wasm, sha256: createHash("sha256").update(bytes).digest("hex") };
}
