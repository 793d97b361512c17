// Runs Envoy as the gateway: render → start → wait until it is ready → print a line per request →
// end with it. While it runs, its configuration is in a temporary directory.
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { emitEnvoy } from "../compile.ts";
import { type EnvoyOptions, formatAddress } from "../emit/envoy/options.ts";
import { environmentName } from "../model/provider.ts";
import type { Endpoint, Plan, ProviderPlan } from "../plan/plan.ts";
import { printCompilation } from "./compile-paths.ts";
import { findEnvoy } from "./envoy-binary.ts";
import { type EnvoyCommandOptions, toEnvoyOptions } from "./envoy-options.ts";
import { runEnvoy } from "./envoy-process.ts";
import { Failure, reasonOf } from "./failure.ts";
import { ignoredParts, servedHosts } from "./run-scope.ts";
import { RequestTable } from "./request-table.ts";
import { awaitStopRequest } from "./stop-request.ts";
import { printLine, warnLine } from "./terminal.ts";

export type RunCommandOptions = EnvoyCommandOptions & { namespace: string };

/**
 * Runs Envoy for the resources at `paths` until it ends or a signal stops it. Returns the exit
 * code.
 */
export async function run(paths: readonly string[], command: RunCommandOptions): Promise<number> {
  const { plan, others } = await printCompilation(paths, "envoy", command.namespace);
  if (plan === undefined) return 1;
  const options = toEnvoyOptions(command, plan);
  await checkModule(options.wasmFile);
  for (const provider of plan.providers) warnOfMissingKeys(provider);
  await checkPort("--listen", options.listen);
  if (command.admin !== undefined) await checkPort("--admin", command.admin);
  const binary = await findEnvoy({ log: (line) => warnLine(line) });
  const scope = [servedHosts(plan), ...ignoredParts(plan, others)];
  return runWithConfig({ plan, options, binary, scope });
}

interface RunParts {
  plan: Plan;
  options: EnvoyOptions;
  binary: string;
  /** The lines that say what is served. */
  scope: readonly string[];
}

async function runWithConfig({ plan, options, binary, scope }: RunParts): Promise<number> {
  // From here on, a signal must not end the process before the directory is removed.
  const { signal, release } = awaitStopRequest();
  const directory = await makeDirectory();
  const config = join(directory, "envoy.yaml");
  try {
    // Readable by the owner alone: it may hold a literal key.
    const admin = options.admin ?? { socket: join(directory, "admin.sock") };
    await writeFile(config, emitEnvoy(plan, { ...options, admin }), { mode: 0o600 });
    const table = new RequestTable(plan);
    const onReady = (): void => {
      const listen = `llm-egress listens on http://${formatAddress(options.listen)}`;
      const shown = "socket" in admin ? "" : ` (admin http://${formatAddress(admin)})`;
      printLine(`${listen}${shown}`);
      for (const line of scope) printLine(line);
    };
    const onLine = (line: string): void => {
      for (const row of table.toLines(line)) printLine(row);
    };
    const events = { onReady, onLine, onLogLine: warnLine };
    return await runEnvoy({ binary, config, admin }, events, signal);
  } finally {
    await rm(directory, { recursive: true, force: true });
    release();
  }
}

async function makeDirectory(): Promise<string> {
  try {
    return await mkdtemp(join(tmpdir(), "llm-egress-"));
  } catch (error) {
    throw new Failure(
      `${tmpdir()} can't be used for temporary files: ${reasonOf(error)}; set TMPDIR to another directory`,
      1,
    );
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
    warnLine(`warning: ${variable} is not set: requests to the provider ${name} get 503`);
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
