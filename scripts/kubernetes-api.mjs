// Stands in for the generated API of @kubernetes/client-node in the bundle: see bundle.mjs.
export function createConfiguration() {
  throw new Error("BUG: the generated API is not part of the bundle");
}
export class ServerConfiguration {}
