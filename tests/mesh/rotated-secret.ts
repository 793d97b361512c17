// A Secret whose key changes while requests are sent.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { echoedHeader, echoOf } from "../support/requests.ts";
import type { Load } from "./load.ts";
import { callKube } from "./rig/kube-client.ts";
import type { WorkloadAnswer } from "./workload.ts";

const timeoutMs = 15_000;

export class RotatedSecret {
  readonly #path: string;
  readonly #entry: string;
  readonly #keys: string[] = [];

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
  async rotate(load: Load): Promise<number> {
    const key = this.newKey();
    const from = load.answers.length;
    const begun = performance.now();
    await this.patch({ [this.#entry]: key });
    for (;;) {
      const answers = load.answers.slice(from);
      const found = answers.find(({ answer }) => keyIn(answer) === `Bearer ${key}`);
      if (found !== undefined) return found.at - begun;
      assert.ok(performance.now() - begun < timeoutMs, "the new key is not used");
      await sleep(2);
    }
  }
}

/** The credential that the provider has echoed. */
export function keyIn(answer: WorkloadAnswer): string {
  return echoedHeader(echoOf(answer), "authorization").join();
}

/** Every request of a load has got an answer of the provider. */
export function assertNothingLost({ answers, failures }: Load): void {
  assert.deepEqual(failures, []);
  const others = answers.filter(({ answer }) => answer.status !== 200);
  assert.deepEqual(
    others.map(({ answer }) => `${answer.status} ${answer.body.toString()}`),
    [],
  );
  assert.ok(answers.length > 50);
}
