// The part of WebAssembly that wasm-host.ts uses. TypeScript declares it only in its DOM library.
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
