// Objects that nobody uses at the moment, kept for reuse with what they have allocated, so that a
// stream leaves little garbage. Kept between calls: the objects.

// As many as a busy worker gives back in a row.
const MOST: i32 = 64;

export class Idle<T> {
  private objects: T[] = [];

  /** One of the objects, in the state in which it was given; null if there is none. */
  take(): T | null {
    return this.objects.length == 0 ? null : this.objects.pop();
  }

  /** Keeps an object for reuse: the caller must not use it after this. */
  give(object: T): void {
    if (this.objects.length < MOST) this.objects.push(object);
  }
}
