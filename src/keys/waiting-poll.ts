// One poll, from its arrival to its answer. Kept: whether it counts as open, and whether what is
// older than the caller's version is being read.
import { isSameVersion, type Keys, type KeyStore } from "./key-store.ts";
import type { Poll } from "./poll.ts";

export type Ending = "refused" | "unchanged" | "unknown" | Keys;

export interface WaitingOptions {
  store: KeyStore;
  /** The poll waits with the present keys. Gives what to call when it ends. */
  onOpen: () => () => void;
  /** Called once. */
  onEnd: (ending: Ending) => void;
  pollMs: number;
}

export class WaitingPoll {
  readonly #poll: Poll;
  readonly #options: WaitingOptions;
  readonly #timer: NodeJS.Timeout;
  #close: (() => void) | undefined;
  #isConfirming = false;
  #hasEnded = false;

  constructor(poll: Poll, options: WaitingOptions) {
    this.#poll = poll;
    this.#options = options;
    this.#timer = setTimeout(() => this.release(), options.pollMs);
  }

  /** Answers the poll if there is something to say. */
  look(): void {
    if (this.#hasEnded) return;
    const { store, onOpen } = this.#options;
    const { caller, version } = this.#poll;
    const grant = store.grantFor(caller);
    if (grant === "refused") return this.#end(grant);
    if (grant === "unknown") return;
    // Only with the present keys, the configuration is in effect as a whole.
    if (isSameVersion(grant.version, version)) return void (this.#close ??= onOpen());
    if (version === "" || store.isNewer(caller, version)) return this.#end(grant);
    void this.#confirm();
  }

  /** Ends the poll without keys: it comes again. */
  release(): void {
    if (!this.#hasEnded) this.#end(this.#poll.version === "" ? "unknown" : "unchanged");
  }

  /** The caller has gone. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#hasEnded = true;
    this.#close?.();
    this.#close = undefined;
  }

  // Another replica has handed out what is not known here. Until the state is certain, the caller
  // keeps what it has.
  async #confirm(): Promise<void> {
    if (this.#isConfirming) return;
    this.#isConfirming = true;
    const { store } = this.#options;
    const { caller, version } = this.#poll;
    const isCertain = await store.confirm(caller, version).then(
      () => true,
      () => false,
    );
    this.#isConfirming = false;
    if (!isCertain || this.#hasEnded) return;
    const grant = store.grantFor(caller);
    if (typeof grant === "string" || isSameVersion(grant.version, version)) this.look();
    else this.#end(grant);
  }

  #end(ending: Ending): void {
    this.drop();
    this.#options.onEnd(ending);
  }
}
