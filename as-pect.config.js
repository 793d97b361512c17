// Tests that run inside Wasm. Started by scripts/test.ts, or alone: npx asp --summary
export default {
  // WASM_SPECS: files instead of all, separated by commas.
  entries: process.env.WASM_SPECS?.split(",") ?? ["tests/wasm/**/*.spec.ts"],
  include: ["tests/wasm/**/*.include.ts"],
  disclude: [/node_modules/],
  outputBinary: false,
  async instantiate(memory, createImports, instantiate, binary) {
    return instantiate(binary, createImports({ env: { memory } }, hostStubs(binary)));
  },
};

// There is no proxy and no WASI here: each of their functions that a module imports does nothing and returns 0.
function hostStubs(binary) {
  const stubs = {};
  for (const { module, name, kind } of WebAssembly.Module.imports(new WebAssembly.Module(binary))) {
    const isHost = module.startsWith("wasi_") || (module === "env" && name.startsWith("proxy_"));
    if (isHost && kind === "function") (stubs[module] ??= {})[name] = () => 0;
  }
  return stubs;
}
