// Whether gateways use the configurations that the controller has written. Kept between calls: since
// when each configuration is there, and which were given up waiting for.
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

export class Acknowledgements {
  readonly #options: AcknowledgementsOptions;
  /** By plugin: the revision that is in effect, and since when. */
  readonly #since = new Map<string, { revision: string; at: number }>();
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
      return lagging !== undefined && lagging.behind.length + lagging.silent.length === 0;
    });
  }

  /** Routes no longer wait for the present configurations. */
  settle(): void {
    this.#settled.clear();
    for (const plugin of this.#options.plugins()) this.#settled.set(idOf(plugin), plugin.revision);
  }

  /** The pods without a plugin's configuration, and whether they are late. */
  of(plugin: Plugin): (Lagging & { isLate: boolean }) | undefined {
    const lagging = this.#options.laggingAt(plugin);
    return lagging && { ...lagging, isLate: this.#lateInMs(plugin) === 0 };
  }

  /** When a gateway will be late that is not yet. Infinity if there is none. Call it once a pass. */
  lateInMs(): number {
    const { plugins, laggingAt } = this.#options;
    const current = plugins();
    const ids = new Set(current.map(idOf));
    for (const id of this.#since.keys()) if (!ids.has(id)) this.#since.delete(id);
    const times = current.flatMap((plugin) => {
      const inMs = this.#lateInMs(plugin);
      if (inMs === 0) return [];
      const { behind = [], silent = [] } = laggingAt(plugin) ?? {};
      return behind.length + silent.length === 0 ? [] : [inMs];
    });
    return Math.min(Infinity, ...times);
  }

  #lateInMs(plugin: Plugin): number {
    const id = idOf(plugin);
    const now = performance.now();
    let since = this.#since.get(id);
    if (since?.revision !== plugin.revision) {
      since = { revision: plugin.revision, at: now };
      this.#since.set(id, since);
    }
    return Math.max(0, since.at + this.#options.lateMs - now);
  }
}

function idOf({ namespace, name }: Plugin): string {
  return `${namespace}/${name}`;
}
