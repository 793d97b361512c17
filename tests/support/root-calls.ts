// What root contexts ask of the scripted host: calls to other clusters, and ticks. Records them; a
// test decides when a call is answered and when a tick period is over.
import { type HeaderList, parsePairs } from "./header-list.ts";

const OK = 0;
const BAD_ARGUMENT = 2;

/** A call that a root context has made, and that has no answer yet. */
export interface RootCall {
  token: number;
  root: number;
  cluster: string;
  headers: HeaderList;
  timeoutMs: number;
}

/** The answer to a call. */
export interface CallAnswer {
  status: number;
  body?: string;
}

export class RootCalls {
  /** The calls under way. */
  readonly open: RootCall[] = [];
  /** Of each root context that has ticks: their period in milliseconds, and when the last one was. */
  readonly ticks = new Map<number, { period: number; last: number }>();
  /** The clusters that Envoy does not know. */
  readonly unknownClusters = new Set<string>();
  /** While its callback runs: the answer, or undefined if the call has failed. */
  answer: CallAnswer | undefined;
  private tokens = 0;

  constructor(
    private readonly read: (start: number, size: number) => Buffer,
    private readonly current: () => { root: number; time: number },
  ) {}

  imports(writeToken: (out: number, token: number) => void) {
    return {
      proxy_set_tick_period_milliseconds: (period: number) => {
        const { root, time } = this.current();
        if (period === 0) this.ticks.delete(root);
        else this.ticks.set(root, { period, last: time });
        return OK;
      },
      proxy_http_call: (...args: number[]) => {
        const [start, size, pairs, pairsSize] = args as [number, number, number, number];
        const cluster = this.read(start, size).toString();
        if (this.unknownClusters.has(cluster)) return BAD_ARGUMENT;
        const token = ++this.tokens;
        const headers = parsePairs(this.read(pairs, pairsSize));
        this.open.push({ token, root: this.current().root, cluster, headers, timeoutMs: args[8]! });
        writeToken(args[9]!, token);
        return OK;
      },
    };
  }

  /** The next tick, which is noted as made. */
  nextTick(end: number): { root: number; at: number } | undefined {
    const [first] = [...this.ticks]
      .map(([root, tick]) => ({ root, tick, at: tick.last + tick.period }))
      .sort((a, b) => a.at - b.at);
    if (first === undefined || first.at > end) return undefined;
    first.tick.last = first.at;
    return first;
  }

  /** Takes the oldest call out of those under way. */
  take(): RootCall {
    const call = this.open.shift();
    if (call === undefined) throw new Error("no call is under way");
    return call;
  }
}
