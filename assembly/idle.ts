// Objects that are done with and will be used again, with all that they have allocated: so that a stream leaves little garbage.

// Not more than a busy worker gives back in a row.
const MOST: i32 = 64;

export class Idle<T> {
  private objects: T[] = [];

  /** One of those at rest, for its taker to begin anew; null where there is none. */
  take(): T | null {
    return this.objects.length == 0 ? null : this.objects.pop();
  }

  /** Puts one to rest: nobody may use it any more. */
  give(object: T): void {
    if (this.objects.length < MOST) this.objects.push(object);
  }
}
