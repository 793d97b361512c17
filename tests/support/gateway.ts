// An Envoy with the filter in front of mock providers, and what both of them recorded of one
// request.
import { setTimeout as sleep } from "node:timers/promises";
import { type Mock, type MockOptions, startMock } from "../../src/mock/server.ts";
import type { PluginConfig } from "../../contract/plugin-config.ts";
import type { Certificate } from "./certificate.ts";
import { type Envoy, startEnvoy } from "./envoy.ts";
import { filterBootstrap } from "./filter-bootstrap.ts";

export interface GatewayOptions {
  plugin: PluginConfig;
  /** Hosts that have a cluster, but no provider in the plugin configuration. */
  otherHosts?: string[];
  /** Upstream ports of the hosts that the mock does not serve. */
  upstreams?: Record<string, number>;
  /** Envoy's environment; the filter may read all of it. */
  env?: Record<string, string>;
  virtualHosts?: object[];
  /** Hosts whose upstreams use HTTP/2. */
  http2Hosts?: string[];
  /** Envoy uses TLS with this certificate, and accepts any client certificate. */
  tls?: Certificate;
  mock?: MockOptions;
  version?: string | undefined;
  logLevel?: string;
}

export interface Gateway {
  envoy: Envoy;
  mock: Mock;
  /** The port of the listener. `127.0.0.1:PORT` is one of the allowed authorities. */
  port: number;
  /** Makes one request, and returns what the access log and the mock recorded about it. */
  observe<Answer>(request: () => Promise<Answer>): Promise<Observation<Answer>>;
  close(): Promise<void>;
}

/** The result of one request. */
export interface Observation<Answer> {
  answer: Answer;
  /** From the access log. */
  status: number;
  details: string;
  /** How many complete requests the mock received meanwhile. */
  complete: number;
}

/** Starts a mock, and an Envoy in front of it. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { plugin, env = {}, logLevel = "info", version } = options;
  const mock = await startMock(options.mock);
  const config = ({ egress = 0 }: Record<string, number>) =>
    filterBootstrap({
      plugin: { ...plugin, authorities: [...plugin.authorities, `127.0.0.1:${egress}`] },
      upstreams: upstreamsOf(options, mock.port),
      listenPort: egress,
      environmentNames: Object.keys(env),
      http2Hosts: options.http2Hosts ?? [],
      tls: options.tls,
      ...(options.virtualHosts === undefined ? {} : { virtualHosts: options.virtualHosts }),
    });
  try {
    const envoy = await startEnvoy({
      config,
      env,
      logLevel,
      ...(version === undefined ? {} : { version }),
    });
    return toGateway(envoy, mock);
  } catch (error) {
    await mock.close();
    throw error;
  }
}

function upstreamsOf(options: GatewayOptions, mockPort: number): Map<string, number> {
  const clusters = [
    ...options.plugin.providers.flatMap((provider) => provider.clusters),
    ...options.plugin.unservedClusters,
  ];
  const hosts = [
    ...clusters.map((cluster) => cluster.split("||")[1] ?? ""),
    ...(options.otherHosts ?? []),
  ];
  return new Map(hosts.map((host) => [host, options.upstreams?.[host] ?? mockPort]));
}

function toGateway(envoy: Envoy, mock: Mock): Gateway {
  return {
    envoy,
    mock,
    port: envoy.port("egress"),
    observe: (request) => observe(envoy, mock, request),
    close: async () => {
      await envoy.stop();
      await mock.close();
    },
  };
}

async function observe<Answer>(
  envoy: Envoy,
  mock: Mock,
  request: () => Promise<Answer>,
): Promise<Observation<Answer>> {
  const begun = Date.now();
  const completeBefore = mock.stats.complete;
  const answer = await request();
  // The line of an earlier request may be written meanwhile.
  const line = () => accessLines(envoy).find(({ start }) => start >= begun);
  await eventually(() => line() !== undefined, "an access log line");
  await eventually(() => isSettled(mock), "the end of each request that the mock received");
  const { status = 0, details = "" } = line() ?? {};
  return { answer, status, details, complete: mock.stats.complete - completeBefore };
}

/** One line of the access log. */
export interface AccessLine {
  /** The start of the request, in milliseconds since 1970. */
  start: number;
  status: number;
  details: string;
}

/** The access log so far. Envoy writes a line shortly after its request has ended. */
export function accessLines(envoy: Envoy): AccessLine[] {
  const matches = envoy.logs().matchAll(/^access (\d+) (\d+) (.*)$/gm);
  return [...matches].map(([, start, status, details = ""]) => ({
    start: Number(start),
    status: Number(status),
    details,
  }));
}

function isSettled({ stats }: Mock): boolean {
  return stats.received === stats.complete + stats.aborted;
}

/** Waits until a condition holds. Rejects after 5 s with a message that names `what`. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`Timed out while waiting for ${what}`);
    await sleep(3);
  }
}
