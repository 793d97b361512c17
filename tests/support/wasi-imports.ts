// The environment that the scripted host gives to the module, by WASI.

/** The WASI functions that the module calls. */
export function wasiImports(
  environment: Readonly<Record<string, string>>,
  memory: () => WebAssembly.Memory,
): Record<string, (...args: number[]) => number> {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}\0`);
  const view = () => new DataView(memory().buffer);
  return {
    environ_sizes_get: (count, size) => {
      view().setUint32(count, variables.length, true);
      view().setUint32(size, Buffer.byteLength(variables.join("")), true);
      return 0;
    },
    environ_get: (pointers, texts) => {
      let at = texts;
      for (const [index, variable] of variables.entries()) {
        view().setUint32(pointers + index * 4, at, true);
        at += Buffer.from(variable).copy(Buffer.from(memory().buffer), at);
      }
      return 0;
    },
  };
}
