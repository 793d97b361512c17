// Whether gateways use the configurations that the controller has written. Kept between calls: since
// when gateways lack each configuration, and which were given up waiting for.
import type { Lagging } from "../keys/service.ts";
import type { Plugin } from "../keys/plugin.ts";

export interface AcknowledgementsOptions {
  /** The plugins that are in effect. */
  plugins: () => readonly Plugin[];
  /** The pods without a plugin's configuration. Undefined if that can't be known. */
  laggingAt: (plugin: Plugin) => Lagging | undefined;
  /** After this time, a gateway that has not acknowledged is late. */
  lateMs: number;
}

export interface Delay extends Lagging {
  isLate: boolean;
  /** Whether there are some, and not for longer than a gateway takes to start or to reconnect. */
  isBrief: boolean;
}

/** How many times as long as until it is late. */
const briefTimes = 15;

export class Acknowledgements {
  readonly #options: AcknowledgementsOptions;
  /** By plugin with pods that lag: the revision that they lack, and since when. */
  readonly #lacking = new Map<string, { revision: string; since: number }>();
  /** By plugin: the revision that routes need not wait for. */
  readonly #settled = new Map<string, string>();

  constructor(options: AcknowledgementsOptions) {
    this.#options = options;
  }

  /** Whether all pods use the configurations that routes wait for. */
  isComplete(): boolean {
    const { plugins, laggingAt } = this.#options;
    return plugins().every((plugin) => {
      // Without a revision, nobody can acknowledge.
      if (plugin.revision === "") return false;
      if (this.#settled.get(idOf(plugin)) === plugin.revision) return true;
      const lagging = laggingAt(plugin);
      return lagging !== undefined && isNone(lagging);
    });
  }

  /** Routes no longer wait for the present configurations. */
  settle(): void {
    this.#settled.clear();
    for (const plugin of this.#options.plugins()) this.#settled.set(idOf(plugin), plugin.revision);
  }

  /** The pods without a plugin's configuration. */
  of(plugin: Plugin): Delay | undefined {
    const lagging = this.#options.laggingAt(plugin);
    if (lagging === undefined) return undefined;
    const forMs = this.#lackingForMs(plugin, lagging);
    const { lateMs } = this.#options;
    const isBrief = !isNone(lagging) && forMs < lateMs * briefTimes;
    return { ...lagging, isLate: forMs >= lateMs, isBrief };
  }

  /** When there is more to say of what `of` was asked. Infinity if nothing. Call it once a pass. */
  newsInMs(): number {
    const { plugins, lateMs } = this.#options;
    const ids = new Set(plugins().map(idOf));
    for (const id of this.#lacking.keys()) if (!ids.has(id)) this.#lacking.delete(id);
    const now = performance.now();
    const times = [...this.#lacking.values()]
      .flatMap(({ since }) => [since + lateMs, since + lateMs * briefTimes])
      .filter((at) => at > now);
    return Math.min(Infinity, ...times) - now;
  }

  /** For how long a pod has been seen without the plugin's configuration. */
  #lackingForMs(plugin: Plugin, lagging: Lagging): number {
    const id = idOf(plugin);
    const now = performance.now();
    let lacking = this.#lacking.get(id);
    if (isNone(lagging)) {
      this.#lacking.delete(id);
      return 0;
    }
    if (lacking?.revision !== plugin.revision) {
      lacking = { revision: plugin.revision, since: now };
      this.#lacking.set(id, lacking);
    }
    return now - lacking.since;
  }
}

function isNone({ behind, silent }: Lagging): boolean {
  return behind.length + silent.length === 0;
}

function idOf({ namespace, name }: Plugin): string {
  return `${namespace}/${name}`;
}
