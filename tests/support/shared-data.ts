// The shared data of the scripted host: one map for all workers, each value with a number that
// changes with it.

export type SharedData = Map<string, { value: Buffer; version: number }>;

/** No data. */
export function newSharedData(): SharedData {
  return new Map();
}

const OK = 0;
const NOT_FOUND = 1;
const CAS_MISMATCH = 8;

interface Memory {
  read(start: number, size: number): Buffer;
  answer(bytes: Buffer, outStart: number, outSize: number): number;
  writeNumber(out: number, value: number): void;
}

export function sharedDataImports(
  data: SharedData,
  memory: Memory,
): Record<string, (...args: number[]) => number> {
  return {
    // eslint-disable-next-line max-params -- the ABI's
    proxy_get_shared_data: (start, size, outStart, outSize, outVersion) => {
      const entry = data.get(memory.read(start, size).toString());
      if (entry === undefined) return NOT_FOUND;
      memory.writeNumber(outVersion, entry.version);
      return memory.answer(entry.value, outStart, outSize);
    },
    // eslint-disable-next-line max-params -- the ABI's
    proxy_set_shared_data: (start, size, value, valueSize, version) => {
      const name = memory.read(start, size).toString();
      const held = data.get(name);
      if (version !== 0 && held !== undefined && held.version !== version) return CAS_MISMATCH;
      const next = { value: memory.read(value, valueSize), version: (held?.version ?? 0) + 1 };
      data.set(name, next);
      return OK;
    },
  };
}
