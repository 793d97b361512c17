// Runs Envoy as the gateway: render → start → wait until it is ready → print a line per request →
// end with it. While it runs, its configuration is in a temporary directory, and follows the
// resources: a change is in effect within a second.
import { access, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Compilation } from "../compile.ts";
import { type AdminAddress, type EnvoyOptions, formatAddress } from "../emit/envoy/options.ts";
import { settingsOf, variablesOf } from "../model/plugin-settings.ts";
import { environmentName } from "../model/provider.ts";
import type { SourceText } from "../parse/parse.ts";
import type { Endpoint, Plan, ProviderPlan } from "../plan/plan.ts";
import { keyReferences } from "../plan/to-plugin-config.ts";
import { compileSources } from "./compile-paths.ts";
import { findEnvoy } from "./envoy-binary.ts";
import { type Apply, EnvoyFiles } from "./envoy-files.ts";
import { type EnvoyCommandOptions, toEnvoyOptions } from "./envoy-options.ts";
import { countUpdates, runEnvoy } from "./envoy-process.ts";
import { Failure, reasonOf } from "./failure.ts";
import { KeyFolder } from "./key-folder.ts";
import { readSources } from "./read-sources.ts";
import { ignoredParts, servedHosts } from "./run-scope.ts";
import { RequestTable } from "./request-table.ts";
import { awaitStopRequest } from "./stop-request.ts";
import { printLine, warnLine } from "./terminal.ts";

export interface RunCommandOptions extends EnvoyCommandOptions {
  namespace: string;
  /** A directory of Secrets. */
  secrets?: string;
}

/**
 * Runs Envoy for the resources at `paths` until it ends or a signal stops it. Returns the exit
 * code.
 */
export async function run(paths: readonly string[], command: RunCommandOptions): Promise<number> {
  const sources = await readSources(paths);
  const { plan, others } = compileFor(sources, command);
  if (plan === undefined) return 1;
  const options = toEnvoyOptions(command, plan);
  await checkModule(options.wasmFile);
  for (const provider of plan.providers) warnOfMissingKeys(provider);
  await checkPort("--listen", options.listen);
  if (command.admin !== undefined) await checkPort("--admin", command.admin);
  const binary = await findEnvoy({ log: (line) => warnLine(line) });
  const scope = [servedHosts(plan), ...ignoredParts(plan, others)];
  // From here on, a signal must not end the process before the directory is removed.
  const { signal, release } = awaitStopRequest();
  try {
    const directory = await makeDirectory();
    try {
      const gateway = new Gateway(paths, command, directory);
      return await gateway.run({ binary, sources, plan, scope }, signal);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  } finally {
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

function compileFor(
  sources: readonly SourceText[],
  { secrets, namespace }: RunCommandOptions,
): Compilation {
  return compileSources(sources, "envoy", { hasKeyServer: secrets !== undefined, namespace });
}

interface Start {
  /** Envoy's executable. */
  binary: string;
  /** What `plan` was compiled from. */
  sources: readonly SourceText[];
  plan: Plan;
  /** The lines that say what is served. */
  scope: readonly string[];
}

/** How often the resources are read. */
const readMs = 500;

/** Within this time, Envoy has accepted or refused a changed file. */
const applyMs = 1_000;
const pollMs = 20;

/** One Envoy, whose configuration follows the resources. */
class Gateway {
  readonly #paths: readonly string[];
  readonly #command: RunCommandOptions;
  readonly #directory: string;
  readonly #files: EnvoyFiles;
  readonly #admin: AdminAddress;
  readonly #keys: KeyFolder | undefined;
  /** What is in effect. */
  #plan: Plan | undefined;
  #table: RequestTable | undefined;
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(paths: readonly string[], command: RunCommandOptions, directory: string) {
    this.#paths = paths;
    this.#command = command;
    this.#directory = directory;
    this.#files = new EnvoyFiles(directory);
    const { admin, secrets } = command;
    this.#admin = admin ?? { socket: join(directory, "admin.sock") };
    this.#keys = secrets === undefined ? undefined : new KeyFolder(secrets, warnLine);
  }

  async run({ binary, sources, plan, scope }: Start, stop: AbortSignal): Promise<number> {
    const options = this.#optionsOf(plan);
    const admin = this.#admin;
    const config = await this.#files.begin({ ...options, admin });
    await this.#apply(plan, (write) => write().then(() => true));
    if (options.keySocket !== undefined) await this.#keys?.listen(options.keySocket);
    try {
      return await runEnvoy(
        { binary, config, admin },
        {
          onReady: () => {
            const listen = `llm-egress listens on http://${formatAddress(options.listen)}`;
            const shown = "socket" in admin ? "" : ` (admin http://${formatAddress(admin)})`;
            for (const line of scope) printLine(line);
            printLine(`${listen}${shown}`);
            this.#follow(textOf(sources));
          },
          onLine: (line) => {
            for (const row of this.#table?.toLines(line) ?? []) printLine(row);
          },
          onLogLine: warnLine,
        },
        stop,
      );
    } finally {
      this.#hasEnded = true;
      clearTimeout(this.#timer);
      this.#keys?.close();
    }
  }

  #optionsOf(plan: Plan): EnvoyOptions {
    const options = toEnvoyOptions(this.#command, plan);
    return this.#keys === undefined
      ? options
      : { ...options, keySocket: join(this.#directory, "keys.sock") };
  }

  /** Has Envoy use a plan. If it refuses that, the previous one stays in effect, with its keys. */
  async #apply(plan: Plan, apply: Apply): Promise<boolean> {
    const either = [this.#plan, plan].flatMap((each) => (each ? keyReferences(each) : []));
    await this.#keys?.use([...new Set(either)]);
    const isAccepted = await this.#files.write(plan, this.#optionsOf(plan), apply);
    if (isAccepted) [this.#plan, this.#table] = [plan, new RequestTable(plan)];
    await this.#keys?.use(this.#plan === undefined ? [] : keyReferences(this.#plan));
    return isAccepted;
  }

  /** Writes a file that Envoy follows, and waits until Envoy has read it. */
  async #write(write: () => Promise<void>): Promise<boolean> {
    const before = await countUpdates(this.#admin);
    await write();
    for (const deadline = Date.now() + applyMs; Date.now() < deadline;) {
      const { accepted, refused } = await countUpdates(this.#admin);
      if (refused > before.refused) return false;
      if (accepted > before.accepted) return true;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    return true;
  }

  /** Applies the resources when their text differs from `text`. */
  #follow(text: string): void {
    this.#timer = setTimeout(() => {
      void this.#readAgain(text).then((next) => {
        if (!this.#hasEnded) this.#follow(next);
      });
    }, readMs);
  }

  async #readAgain(text: string): Promise<string> {
    try {
      const sources = await readSources(this.#paths);
      const next = textOf(sources);
      if (next === text || this.#hasEnded) return text;
      await this.#change(sources);
      return next;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // The next reading may find the files again.
      const next = `failure: ${error.message}`;
      if (next !== text) this.#keep(error.message);
      return next;
    }
  }

  async #change(sources: readonly SourceText[]): Promise<void> {
    const { plan } = compileFor(sources, this.#command);
    if (plan === undefined) return this.#keep("the resources have an error");
    for (const provider of plan.providers) warnOfMissingKeys(provider);
    const isAccepted = await this.#apply(plan, (write) => this.#write(write));
    if (!isAccepted) return this.#keep("Envoy has refused a change");
    printLine(
      `llm-egress has reloaded: LLMProviders ${plan.providers.length}, LLMRoutes ${plan.routes.length}`,
    );
  }

  #keep(reason: string): void {
    warnLine(`llm-egress: ${reason}; the previous configuration stays in effect`);
  }
}

function textOf(sources: readonly SourceText[]): string {
  return JSON.stringify(sources);
}

async function checkModule(file: string): Promise<void> {
  try {
    await access(file);
  } catch {
    throw new Failure(`${file}: no such file; specify the filter's module with --wasm`, 2);
  }
}

function warnOfMissingKeys({ name, settings, routeSettings, setHeaders }: ProviderPlan): void {
  const inHeaders = Object.values(setHeaders).flatMap((value) => environmentName(value) ?? []);
  const names = [...settingsOf(settings, routeSettings).flatMap(variablesOf), ...inHeaders];
  for (const variable of new Set(names)) {
    if (process.env[variable]?.trim()) continue;
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
