// Runs Envoy as the gateway: render → start → wait until it serves → print a line per request → end
// with it. Kept while it runs: the child process and the directory with its configuration.
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emitEnvoy } from "../compile.ts";
import { type EnvoyOptions, formatAddress } from "../emit/envoy/options.ts";
import { environmentName } from "../model/provider.ts";
import type { Endpoint, Plan, ProviderPlan } from "../plan/plan.ts";
import { compilePaths } from "./compile-paths.ts";
import { findEnvoy } from "./envoy-binary.ts";
import { type EnvoyCommandOptions, toEnvoyOptions } from "./envoy-options.ts";
import { runEnvoy } from "./envoy-process.ts";
import { Failure } from "./failure.ts";
import { RequestTable } from "./request-table.ts";

/** Runs Envoy for the resources at `paths` until it ends or a signal comes. Gives the exit code. */
export async function run(paths: readonly string[], command: EnvoyCommandOptions): Promise<number> {
  const plan = await compilePaths(paths, "envoy");
  if (plan === undefined) return 1;
  const options = toEnvoyOptions(command, plan);
  await checkModule(options.wasmFile);
  for (const provider of plan.providers) warnOfMissingKeys(provider);
  await checkPort("--listen", options.listen);
  await checkPort("--admin", options.admin);
  const binary = await findEnvoy({ log: (line) => console.error(line) });
  return runWithConfig(plan, options, binary);
}

async function runWithConfig(plan: Plan, options: EnvoyOptions, binary: string): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), "llm-egress-"));
  const config = join(directory, "envoy.yaml");
  try {
    // Readable by the owner alone: it may hold a literal key.
    await writeFile(config, emitEnvoy(plan, options), { mode: 0o600 });
    const table = new RequestTable(plan);
    return await runEnvoy(
      { binary, config, admin: options.admin },
      {
        onReady: () => {
          const listen = formatAddress(options.listen);
          const admin = formatAddress(options.admin);
          console.log(`llm-egress listens on http://${listen} (admin http://${admin})`);
        },
        onLine: (line) => {
          for (const row of table.toLines(line)) console.log(row);
        },
      },
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function checkModule(file: string): Promise<void> {
  try {
    await access(file);
  } catch {
    throw new Failure(`${file}: no such file; specify the filter's module with --wasm`, 2);
  }
}

function warnOfMissingKeys({ name, settings, routeSettings }: ProviderPlan): void {
  const names = [settings, ...routeSettings.map((each) => each.settings)].map(({ apiKey }) =>
    environmentName(apiKey),
  );
  for (const variable of new Set(names)) {
    if (variable === undefined || process.env[variable]?.trim()) continue;
    console.error(`warning: ${variable} is not set: requests to the provider ${name} get 503`);
  }
}

async function checkPort(option: string, address: Endpoint): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const server = createServer();
    server.once("error", (error) => {
      reject(new Failure(`${option} ${formatAddress(address)} can't be used: ${error.message}`, 1));
    });
    server.listen(address.port, address.host, () => server.close(() => resolve()));
  });
}
