// Holds back what must not reach the proxies before something else has. Kept between calls: when that
// was written last.

/** Opens when the proxies have what was written, as far as that can be known. */
export interface Gate {
  /** Something was written that the proxies must have before the gate opens. */
  close(): void;
  /** How long the gate stays closed; 0 if it is open. Call it when something wants to pass. */
  opensInMs(): number;
}

const mostWaits = 3;

/**
 * A gate without acknowledgements: it stays closed for a time in which istiod pushes and proxies
 * load, even if a module must be fetched. What is written meanwhile keeps it closed for longer, but
 * not for ever: else steady changes would hold up everything.
 */
export class TimedGate implements Gate {
  readonly #waitMs: number;
  #closedAt = performance.now();
  #heldSince: number | undefined;

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  close(): void {
    this.#closedAt = performance.now();
  }

  opensInMs(): number {
    const now = performance.now();
    const held = this.#heldSince ?? now;
    const opensAt = Math.min(this.#closedAt + this.#waitMs, held + this.#waitMs * mostWaits);
    const isOpen = opensAt <= now;
    this.#heldSince = isOpen ? undefined : held;
    return isOpen ? 0 : opensAt - now;
  }
}
