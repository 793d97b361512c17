// A Secret whose key changes while requests are sent: how soon the new key is in use, and which
// requests are lost.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { echoedHeader, echoOf } from "../support/requests.ts";
import type { Load } from "./load.ts";
import { callKube } from "./rig/kube-client.ts";
import type { WorkloadAnswer } from "./workload.ts";

const timeoutMs = 15_000;

interface Rotation {
  key: string;
  /** When the Secret was patched, and when the first answer to a request with the key arrived. */
  patchedAt: number;
  usedAt: number;
}

/** What has become of a load while keys changed. */
export interface Judged {
  requests: number;
  /** The requests that failed, or used a key that was never in the Secret. */
  lost: string[];
  /** By change, from the patch: until the first answer with the new key, sorted. */
  firstUses: number[];
  /** Until the last answer with the former key: then all workers use the new one. Sorted. */
  lastUses: number[];
}

export class RotatedSecret {
  readonly #path: string;
  readonly #entry: string;
  readonly #keys: string[] = [];
  #rotations: Rotation[] = [];

  /** `entry` of the Secret with this name in istio-system. */
  constructor(name: string, entry: string) {
    this.#path = `/api/v1/namespaces/istio-system/secrets/${name}`;
    this.#entry = entry;
  }

  /** A key that no other Secret has. */
  newKey(): string {
    const key = `sk-rotated-${this.#keys.length}-6b1f93d2`;
    this.#keys.push(key);
    return key;
  }

  /** Whether a text has one of the keys so far. */
  hasKey(text: string): boolean {
    return this.#keys.some((key) => text.includes(key));
  }

  async patch(data: Record<string, string>): Promise<void> {
    await callKube({
      method: "PATCH",
      path: this.#path,
      contentType: "application/merge-patch+json",
      body: { stringData: data },
    });
  }

  /** Puts a new key into the Secret. Gives the time until the provider receives it. */
  async rotate({ answers }: Load): Promise<number> {
    const key = this.newKey();
    const patchedAt = performance.now();
    let next = answers.length;
    await this.patch({ [this.#entry]: key });
    for (;;) {
      for (; next < answers.length; next += 1) {
        const { at, answer } = answers[next]!;
        if (keyIn(answer) !== key) continue;
        this.#rotations.push({ key, patchedAt, usedAt: at });
        return at - patchedAt;
      }
      assert.ok(performance.now() - patchedAt < timeoutMs, "the new key is not used");
      await sleep(2);
    }
  }

  /** Judges a load that began with the latest key, and all changes since the last call. */
  judge({ answers, failures }: Load): Judged {
    const rotations = this.#rotations;
    this.#rotations = [];
    const lost = failures.map(({ message }) => message);
    const lastUses = rotations.map(() => 0);
    for (const { at, answer } of answers) {
      const key = keyIn(answer);
      const next = rotations.findIndex((each) => each.key === key) + 1;
      const lateMs = Math.max(0, at - (rotations[next]?.patchedAt ?? at));
      if (key === undefined) lost.push(`${answer.status} ${answer.body.toString().slice(0, 200)}`);
      else if (!this.#keys.includes(key)) lost.push("a request had another key");
      else if (next < rotations.length) lastUses[next] = Math.max(lastUses[next]!, lateMs);
    }
    const firstUses = rotations.map(({ patchedAt, usedAt }) => usedAt - patchedAt);
    const sorted = (values: number[]): number[] => values.toSorted((a, b) => a - b);
    return {
      ...{ requests: answers.length, lost },
      ...{ firstUses: sorted(firstUses), lastUses: sorted(lastUses) },
    };
  }
}

/** The key that the provider has echoed. Undefined if it has not answered. */
export function keyIn(answer: WorkloadAnswer): string | undefined {
  if (answer.status !== 200) return undefined;
  return echoedHeader(echoOf(answer), "authorization")
    .join()
    .replace(/^Bearer /, "");
}
