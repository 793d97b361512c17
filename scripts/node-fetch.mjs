// Stands in for the package node-fetch in the bundle: see bundle.mjs.
export const { Headers } = globalThis;
export default globalThis.fetch;
