// The polls that are open, by pod and by the revision in force there: what gateways acknowledge.
//
// Each worker of a gateway has its own VM, which polls for itself, so a pod has as many polls open as
// it has workers. A worker that still has the former configuration polls with the former revision. So
// all workers of a pod have a revision when as many polls are open with it as there were lately with
// any other. The former polls need not have ended: a long answer keeps a former configuration alive.
// Kept between calls: the numbers of open polls, and the greatest number lately for each revision.

interface Count {
  open: number;
  most: number;
  mostAt: number;
  /** When the last poll with this revision ended. */
  endedAt: number;
}

// A worker polls again within milliseconds, and after a failure within seconds.
const forgottenMs = 10_000;
// Connections that broke off unnoticed have counted as workers at most for so long.
const mostMs = 60_000;

export class Polls {
  /** By the pod's address, and by revision. */
  readonly #pods = new Map<string, Map<string, Count>>();
  readonly #now: () => number;

  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** A poll is open. Gives the function to call when it ends. */
  open(address: string, revision: string): () => void {
    const now = this.#now();
    this.#forget(address);
    const pod = this.#pods.get(address) ?? new Map<string, Count>();
    this.#pods.set(address, pod);
    const count = pod.get(revision) ?? { open: 0, most: 0, mostAt: now, endedAt: now };
    pod.set(revision, count);
    count.open += 1;
    if (count.open >= count.most || now - count.mostAt > mostMs) {
      count.most = count.open;
      count.mostAt = now;
    }
    return () => {
      count.open -= 1;
      count.endedAt = this.#now();
    };
  }

  /** Whether all workers of a pod poll with a revision. */
  hasAll(address: string, revision: string): boolean {
    const pod = this.#pods.get(address) ?? new Map<string, Count>();
    const { open = 0 } = pod.get(revision) ?? {};
    const others = [...pod].filter(([name]) => name !== revision);
    const workers = others.filter(([, count]) => this.#isRecent(count)).map(([, { most }]) => most);
    return open >= Math.max(1, ...workers);
  }

  /** Whether a pod has polled lately. */
  isKnown(address: string): boolean {
    return [...(this.#pods.get(address)?.values() ?? [])].some((each) => this.#isRecent(each));
  }

  /** The number of open polls. Forgets pods that are gone. */
  count(): number {
    let open = 0;
    for (const [address, pod] of this.#pods) {
      for (const count of pod.values()) open += count.open;
      this.#forget(address);
    }
    return open;
  }

  /** Forgets what a pod has not polled with lately. */
  #forget(address: string): void {
    const pod = this.#pods.get(address) ?? new Map<string, Count>();
    for (const [revision, count] of pod) {
      if (!this.#isRecent(count)) pod.delete(revision);
    }
    if (pod.size === 0) this.#pods.delete(address);
  }

  #isRecent({ open, endedAt }: Count): boolean {
    return open > 0 || this.#now() - endedAt < forgottenMs;
  }
}
