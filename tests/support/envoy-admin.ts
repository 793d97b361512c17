// Questions to a running Envoy's admin endpoint.

/** What the admin endpoint of one Envoy tells. */
export class EnvoyAdmin {
  readonly port: number;
  readonly #url: string;

  /** `address` is `host:port`. */
  constructor(address: string) {
    this.#url = `http://${address}`;
    this.port = Number(new URL(this.#url).port);
  }

  /** Whether Envoy has come up: false while it starts, where nothing listens yet, or where it exits meanwhile. */
  async isReady(): Promise<boolean> {
    return this.#text("/ready").then(
      () => true,
      () => false,
    );
  }

  /** The value of a counter or gauge by its full name; 0 where it has never been counted. */
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

  /** The clusters and their endpoints, a line for each of their properties. */
  clusters(): Promise<string> {
    return this.#text("/clusters");
  }

  /** The ports of the listeners, by listener name, in their order. */
  async listenerPorts(): Promise<Map<string, number>> {
    const { listener_statuses: statuses = [] } = (await this.#json(
      "/listeners?format=json",
    )) as Listeners;
    return new Map(
      statuses.map(({ name, local_address: { socket_address: socket } }) => [
        name,
        socket.port_value,
      ]),
    );
  }

  async #text(path: string): Promise<string> {
    const response = await fetch(this.#url + path);
    if (!response.ok) throw new Error(`Envoy's admin answers ${response.status} to ${path}`);
    return response.text();
  }

  async #json(path: string): Promise<unknown> {
    return JSON.parse(await this.#text(path));
  }
}

/** Histograms stand among them without a name. */
interface Stat {
  name?: string;
  value?: number;
}

interface Listeners {
  listener_statuses?: {
    name: string;
    local_address: { socket_address: { port_value: number } };
  }[];
}
