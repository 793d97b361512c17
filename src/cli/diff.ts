// What `render --target istio` would change in the cluster: kubectl's own diff of it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { emitIstio } from "../compile.ts";
import { compilePaths } from "./compile-paths.ts";
import { Failure, reasonOf } from "./failure.ts";
import { type IstioCommandOptions, toIstioOptions } from "./istio-options.ts";

export type DiffCommandOptions = IstioCommandOptions & { namespace: string };

/** Returns kubectl's exit code: 0 if nothing would change, 1 if something would, or more. */
export async function diff(paths: readonly string[], options: DiffCommandOptions): Promise<number> {
  const plan = await compilePaths(paths, "istio", options.namespace);
  // More than 1, as kubectl's errors are: 1 is a difference.
  if (plan === undefined) return 2;
  const child = spawn("kubectl", ["diff", "-f", "-"], { stdio: ["pipe", "inherit", "inherit"] });
  // kubectl may end without reading all of it.
  child.stdin.on("error", () => {}).end(emitIstio(plan, toIstioOptions(options)));
  const [code] = (await once(child, "close").catch((error: unknown) => {
    throw new Failure(`kubectl can't be run: ${reasonOf(error)}`, 2);
  })) as [number | null];
  return code ?? 2;
}
