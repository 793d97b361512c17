// One key that the configuration names. Kept between calls: its credential, as long as it is known.
// Of several keys, those that the provider refuses rest: all workers of the gateway know it by
// Envoy's shared data, which holds times and numbers of failures, and nothing of the key.

import { Bytes, bytesOf, decimal, equals, NOT_WHOLE, parseWhole } from "../bytes/bytes";
import { getResponseHeader, getShared, now, resultEnd, resultStart, setShared } from "../host/host";
import { Credential, credentialOf } from "./credential";
import { keyOf } from "./keyring";

const SHARED_NAME = "llm-egress.key.";
const RETRY_AFTER = bytesOf("retry-after");
const REMAINING = bytesOf("x-ratelimit-remaining-requests");

const SECOND: u64 = 1_000;
const MAX_REST: u64 = 300 * SECOND;
/** How long a key rests that the provider does not accept. */
const REFUSED_REST: u64 = 120 * SECOND;
/** After its rest, one request tries the key. The others go on to wait for so long. */
const TRIAL: u64 = 2 * SECOND;
const MAX_FAILURES: u64 = 10;

// The shared state: until when the key rests, in milliseconds since 1970, and how often in a row it
// was refused. Without failures, it is used all the same if there is no other.
const STATE_BYTES: usize = 16;
const state = memory.data(16, 8);

/** After `chooseKey`: whether the key is on trial, and if there is none, the shortest rest. */
export let isTrial: bool = false;
export let shortestRest: u64 = 0;

export class ApiKey {
  /** Null while the key is unknown. */
  credential: Credential | null = null;
  /** The one before it, which requests under way may have sent. */
  former: Credential | null = null;
  /** From 1; 0 if the key is not one of several. */
  position: i32 = 0;
  /** What its state is called in shared data. */
  private shared: Bytes = new ArrayBuffer(0);

  constructor(
    /** What the key server calls the key; "" if the key comes from elsewhere. */
    public reference: string,
  ) {}

  /**
   * Takes the key as the key server has handed it out last. `prefix` is what the header has before
   * it. Requests under way keep the credential that they began with.
   */
  take(prefix: string): void {
    if (this.reference.length == 0) return;
    const key = keyOf(this.reference);
    const held = this.credential;
    if (key !== null && held !== null) {
      const start = changetype<usize>(key);
      if (equals(held.key, start, start + key.byteLength)) return;
    }
    if (held !== null) this.former = held;
    this.credential = null;
    if (key === null) return;
    this.set(credentialOf(prefix, key));
    // What the provider has said about the former key is not about this one.
    if (held === null || this.position == 0) return;
    this.read();
    this.write(0, 0);
  }

  /** Takes a credential as that of the key. */
  set(credential: Credential): void {
    if (this.position != 0) credential.owner = this;
    this.credential = credential;
  }

  /** Makes it one of several keys of `owner`. */
  join(owner: string, position: i32): void {
    const name = this.reference.length == 0 ? decimal(position) : this.reference;
    this.position = position;
    this.shared = bytesOf(SHARED_NAME + owner + "/" + name);
    const credential = this.credential;
    if (credential !== null) credential.owner = this;
  }

  /** Reads the state. */
  read(): void {
    store<u64>(state, 0);
    store<u64>(state, 0, 8);
    if (!getShared(this.shared) || resultEnd - resultStart != STATE_BYTES) return;
    memory.copy(state, resultStart, STATE_BYTES);
  }

  /** Writes the state. False if another worker has written since `read`. */
  write(until: u64, failures: u64): bool {
    store<u64>(state, until);
    store<u64>(state, failures, 8);
    return setShared(this.shared, state, state + STATE_BYTES);
  }

  /** Takes the status of an answer to a request with `credential`. `wasTrial`: it was on trial. */
  judge(credential: Credential, status: u32, wasTrial: bool): void {
    // Another key has come meanwhile.
    if (this.credential !== credential) return;
    const time = now() / 1_000_000;
    this.read();
    const failures = load<u64>(state, 8);
    // Answers to requests from before the key was refused tell nothing new.
    if (failures != 0 && load<u64>(state) > time && !wasTrial) return;
    if (status == 429) {
      const asked: u64 = getResponseHeader(RETRY_AFTER) ? parseWhole(resultStart, resultEnd) : 0;
      const rest = asked == 0 || asked == NOT_WHOLE ? SECOND << failures : asked * SECOND;
      this.write(time + min(rest, MAX_REST), min(failures + 1, MAX_FAILURES));
    } else if (status == 401 || status == 403) {
      // With 403, the account may only lack the model that the client has named. So the key is used
      // all the same if there is no other, and no client can have all keys rest.
      this.write(time + REFUSED_REST, status == 401 ? 1 : 0);
    } else if (status < 500 && wasTrial) {
      this.write(0, 0);
    } else if (getResponseHeader(REMAINING) && resultEnd - resultStart == 1) {
      if (load<u8>(resultStart) == 0x30) this.write(time + SECOND, 0);
    }
  }
}

/** The next of several keys that does not rest, from index `first` on; null if there is none. */
export function chooseKey(keys: ApiKey[], first: u32): Credential | null {
  const time = now() / 1_000_000;
  let spare: Credential | null = null;
  isTrial = false;
  shortestRest = MAX_REST;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[(first + i) % keys.length];
    const credential = key.credential;
    if (credential === null) continue;
    key.read();
    const until = load<u64>(state);
    const failures = load<u64>(state, 8);
    if (until == 0 || (until <= time && failures == 0)) return credential;
    if (until <= time) {
      isTrial = key.write(time + TRIAL, failures);
      if (isTrial) return credential;
    }
    if (failures == 0 && spare === null) spare = credential;
    shortestRest = min(shortestRest, until > time ? until - time : TRIAL);
  }
  return spare;
}
