import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "../../src/controller/log.ts";
import { Secrets } from "../../src/controller/secrets.ts";
import type { KubeObject } from "../../src/kube/client.ts";

function withKey(namespace: string, apiKey: unknown): KubeObject {
  const metadata = { name: "a", namespace };
  return { apiVersion: "v1", kind: "LLMProvider", metadata, spec: { list: [{ apiKey }] } };
}

test("a key is hidden in what is said about its namespace, and in the log", () => {
  const secrets = new Secrets();
  secrets.learn([withKey("models", "sk-literal-1234"), withKey("others", "accepted")]);
  const text = "not accepted: sk-literal-1234";
  assert.equal(secrets.hideIn("models", text), "not accepted: ***");
  assert.equal(secrets.hideIn("others", text), "not ***: sk-literal-1234");
  assert.equal(secrets.hideIn("elsewhere", text), text);
  assert.equal(secrets.hide(text), "not ***: ***");
});

test("no key breaks the form of a log line", () => {
  const secrets = new Secrets();
  const lines: string[] = [];
  const log = createLog("info", secrets.hide, (line) => void lines.push(line));
  const keys = ['"error":"', '","level', "message", '\\"quoted\\"'];
  secrets.learn(keys.map((key) => withKey("models", key)));
  log.warn("a watch failed", { error: 'message of "quoted" sk', list: [{ inner: "message" }] });
  const { time, ...rest } = JSON.parse(lines[0] ?? "") as Record<string, unknown>;
  assert.match(String(time), /^\d{4}-/);
  assert.deepEqual(rest, {
    ...{ level: "warn", message: "a watch failed" },
    ...{ error: '*** of "quoted" sk', list: [{ inner: "***" }] },
  });
});

test("an object may be nested as deeply as the API server accepts", () => {
  const secrets = new Secrets();
  const deep = `${"[".repeat(9_990)}{"apiKey":"sk-literal-1234"}${"]".repeat(9_990)}`;
  secrets.learn([withKey("models", JSON.parse(deep))]);
  assert.equal(secrets.hide("sk-literal-1234"), "***");
});
