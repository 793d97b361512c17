// Checks the alerts and the scrape configurations of examples/telemetry with promtool.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { parse } from "yaml";
import { findPrometheus } from "../support/prometheus.ts";

const found = findPrometheus();
const folder = mkdtempSync(join(tmpdir(), "llm-egress-promtool-"));
cpSync("examples/telemetry", folder, { recursive: true });
after(() => rmSync(folder, { recursive: true }));

function promtool(...words: string[]): { status: number | null; output: string } {
  if (found.missing !== undefined) throw new Error(found.missing);
  const { status, stdout, stderr } = spawnSync(found.promtool, words, {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, output: stdout + stderr };
}

function succeeds(...words: string[]): string {
  const { status, output } = promtool(...words);
  assert.equal(status, 0, output);
  return output;
}

const skip = found.missing ?? false;

describe("promtool and the alerts", () => {
  for (const name of ["alerts", "controller-alerts"]) {
    it(`accepts ${name}, without a warning of its linter`, { skip }, () => {
      const output = succeeds("check", "rules", "--lint=all", "--lint-fatal", `${name}.yaml`);
      assert.match(output, /SUCCESS: \d+ rules found/);
    });

    it(`sees each of ${name} fire for its series, and none fire if all is well`, { skip }, () => {
      succeeds("test", "rules", `${name}.test.yaml`);
    });
  }

  it("detects a broken alert", { skip }, () => {
    const alerts = readFileSync(join(folder, "alerts.yaml"), "utf8");
    writeFileSync(
      join(folder, "broken.yaml"),
      alerts.replace("misrouted[10m]) > 0", "misrouted[10m]) > 1"),
    );
    const tests = readFileSync(join(folder, "alerts.test.yaml"), "utf8");
    writeFileSync(
      join(folder, "broken.test.yaml"),
      tests.replace("- alerts.yaml", "- broken.yaml"),
    );
    const { status, output } = promtool("test", "rules", "broken.test.yaml");
    assert.equal(status, 1, output);
    assert.match(output, /LLMMisrouted/);
  });
});

describe("promtool and the scrape configurations", () => {
  it("accepts the one for the local machine", { skip }, () => {
    succeeds("check", "config", "prometheus-local.yaml");
  });

  it(
    "accepts the one for the mesh, except for the discovery that Debian's build lacks",
    { skip },
    () => {
      const text = readFileSync(join(folder, "prometheus.yaml"), "utf8");
      const discovery = /kubernetes_sd_configs:\n(?: {6}.*\n)+/;
      assert.match(text, discovery);
      const changed = text.replace(
        discovery,
        "static_configs: [{ targets: ['127.0.0.1:15090'] }]\n",
      );
      writeFileSync(join(folder, "static.yaml"), changed);
      succeeds("check", "config", "static.yaml");
    },
  );
});

for (const name of ["alerts", "controller-alerts"]) {
  it(`every alert of ${name} has a test in which it fires, and one in which it does not`, () => {
    interface Rules {
      groups: { rules: { alert?: string }[] }[];
    }
    interface Tests {
      tests: { alert_rule_test: { alertname: string; exp_alerts?: unknown[] }[] }[];
    }
    const read = <T>(file: string) => parse(readFileSync(join(folder, file), "utf8")) as T;
    const alerts = read<Rules>(`${name}.yaml`).groups.flatMap(({ rules }) =>
      rules.flatMap(({ alert }) => alert ?? []),
    );
    const cases = read<Tests>(`${name}.test.yaml`).tests.flatMap((one) => one.alert_rule_test);
    for (const isFiring of [true, false]) {
      const tested = cases
        .filter((one) => (one.exp_alerts !== undefined) === isFiring)
        .map((one) => one.alertname);
      assert.deepEqual([...new Set(tested)].sort(), alerts.sort());
    }
  });
}
