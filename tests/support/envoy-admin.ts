// A client for the admin interface of a running Envoy.

/** The admin interface of one Envoy. */
export class EnvoyAdmin {
  readonly port: number;
  readonly #url: string;

  /** `address` is `host:port`. */
  constructor(address: string) {
    this.#url = `http://${address}`;
    this.port = Number(new URL(this.#url).port);
  }

  /** Whether Envoy is ready. False while it starts, before it listens, and after it has exited. */
  async isReady(): Promise<boolean> {
    return this.#text("/ready").then(
      () => true,
      () => false,
    );
  }

  /** The value of the counter or gauge with this full name; 0 if it does not exist. */
  async stat(name: string): Promise<number> {
    const { stats } = (await this.#json("/stats?format=json")) as { stats: Stat[] };
    return stats.find((stat) => stat.name === name)?.value ?? 0;
  }

  /** All metrics as Prometheus would scrape them. */
  prometheus(): Promise<string> {
    return this.#text("/stats/prometheus");
  }

  /** All of `/config_dump`. */
  configDump(): Promise<unknown> {
    return this.#json("/config_dump");
  }

  /** The clusters and their endpoints, one line per property. */
  clusters(): Promise<string> {
    return this.#text("/clusters");
  }

  /** The port of each listener, by listener name, in the order of the listeners. */
  async listenerPorts(): Promise<Map<string, number>> {
    const { listener_statuses: statuses = [] } = (await this.#json(
      "/listeners?format=json",
    )) as Listeners;
    return new Map(
      statuses.flatMap(({ name, local_address: { socket_address: socket } }) =>
        // An internal listener has no port.
        socket === undefined ? [] : [[name, socket.port_value]],
      ),
    );
  }

  async #text(path: string): Promise<string> {
    const response = await fetch(this.#url + path);
    if (!response.ok)
      throw new Error(`Envoy's admin interface returned ${response.status} for ${path}`);
    return response.text();
  }

  async #json(path: string): Promise<unknown> {
    return JSON.parse(await this.#text(path));
  }
}

/** Histograms are in the same list, without a name. */
interface Stat {
  name?: string;
  value?: number;
}

interface Listeners {
  listener_statuses?: {
    name: string;
    local_address: { socket_address?: { port_value: number } };
  }[];
}
