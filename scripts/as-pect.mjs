// Compiles the given spec files with as-pect's transform, runs them with its test context and
// reporter, and sends what each came to to the parent process.
//
// scripts/run-wasm-tests.ts starts it without tsx, which would transform the compiler's 15 MB first.
import { SummaryReporter, TestContext } from "@as-pect/core";
import { instantiate } from "@assemblyscript/loader";
import asc from "assemblyscript/asc";

const options = ["--config", "as-pect.asconfig.json"];
const outFile = "output.wasm"; // as in the configuration

for (const file of process.argv.slice(2)) {
  try {
    const { testCount, testPassCount, pass } = await run(file, await compile(file));
    // A group's set-up, or a statement outside of the groups, fails without a failed test.
    const failed = pass ? 0 : Math.max(testCount - testPassCount, 1);
    process.send({ passed: testPassCount, failed, skipped: 0 });
  } catch (error) {
    console.error(`❌ ${file}`, error);
    process.send({ passed: 0, failed: 1, skipped: 0 });
  }
}

async function compile(file) {
  let binary;
  const { error } = await asc.main([file, ...options], {
    stdout: process.stdout,
    stderr: process.stderr,
    writeFile(name, contents) {
      if (name.endsWith(outFile)) binary = contents;
    },
  });
  if (error !== null) throw error;
  return binary;
}

async function run(file, binary) {
  const reporter = new SummaryReporter();
  reporter.stdout = process.stdout;
  const context = new TestContext({ fileName: file, binary, reporter });
  const module = new WebAssembly.Module(binary);
  context.run(await instantiate(module, context.createImports(hostStubs(module))));
  return context;
}

// There is no proxy and no WASI here: each of their functions that a module imports does nothing
// and returns 0.
function hostStubs(module) {
  const stubs = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    const isHost = from.startsWith("wasi_") || (from === "env" && name.startsWith("proxy_"));
    if (isHost && kind === "function") (stubs[from] ??= {})[name] = () => 0;
  }
  return stubs;
}
