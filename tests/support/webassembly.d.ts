// What wasm-host.ts uses of WebAssembly: TypeScript has it only in the browser's library.
declare namespace WebAssembly {
  type Imports = Record<string, Record<string, (...args: number[]) => number>>;
  class Memory {
    readonly buffer: ArrayBuffer;
  }
  class Module {
    constructor(bytes: Uint8Array);
  }
  class Instance {
    constructor(module: Module, imports: Imports);
    readonly exports: Record<string, unknown>;
  }
}
