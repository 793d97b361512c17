// Holds back what must not reach the proxies before something else has. Kept between calls: when that
// was written last.
import type { Acknowledgements } from "./acknowledgements.ts";

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

  /** Opens it at once. */
  open(): void {
    this.#heldSince = undefined;
  }
}

/**
 * A gate that opens when all gateways have acknowledged, or after a TimedGate's time: a pod that is
 * selected need not run a filter, or may be cut off.
 */
export class AcknowledgedGate implements Gate {
  readonly #timed: TimedGate;
  readonly #acknowledgements: Pick<Acknowledgements, "isComplete" | "settle">;

  constructor(waitMs: number, acknowledgements: Pick<Acknowledgements, "isComplete" | "settle">) {
    this.#timed = new TimedGate(waitMs);
    this.#acknowledgements = acknowledgements;
  }

  close(): void {
    this.#timed.close();
  }

  opensInMs(): number {
    if (this.#acknowledgements.isComplete()) this.#timed.open();
    else {
      const inMs = this.#timed.opensInMs();
      if (inMs > 0) return inMs;
    }
    this.#acknowledgements.settle();
    return 0;
  }
}
