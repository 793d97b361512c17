import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Polls } from "../../src/keys/polls.ts";

const pod = "10.0.0.1";
let now: number;
let polls: Polls;

beforeEach(() => {
  now = 1_000;
  polls = new Polls(() => now);
});

function open(count: number, revision: string): (() => void)[] {
  return Array.from({ length: count }, () => polls.open(pod, revision));
}

test("a pod has a revision when as many workers poll with it as with the former", () => {
  open(4, "a");
  assert.ok(polls.hasAll(pod, "a"));
  open(3, "b");
  assert.ok(!polls.hasAll(pod, "b"));
  open(1, "b");
  assert.ok(polls.hasAll(pod, "b"));
});

test("a worker that is about to poll again is not forgotten", () => {
  for (const close of open(4, "a")) close();
  open(1, "b");
  assert.ok(!polls.hasAll(pod, "b"));
});

test("former polls that go on keep nothing back", () => {
  open(2, "a");
  open(2, "b");
  assert.ok(polls.hasAll(pod, "b"));
});

test("a pod that has not polled for ten seconds is unknown", () => {
  const [close] = open(1, "a");
  now += 60_000;
  assert.ok(polls.isKnown(pod));
  close?.();
  now += 9_000;
  assert.ok(polls.isKnown(pod));
  now += 2_000;
  assert.ok(!polls.isKnown(pod) && polls.count() === 0);
  open(1, "b");
  assert.ok(polls.hasAll(pod, "b"));
});

test("connections that broke off unnoticed count as workers for a minute at most", () => {
  const closes = open(5, "a");
  closes[0]?.();
  now += 61_000;
  closes[1]?.();
  open(1, "a");
  open(4, "b");
  assert.ok(polls.hasAll(pod, "b"));
});
