// Free ports for servers that can't choose one themselves.
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

const given = new Set<number>();

/**
 * A TCP port of 127.0.0.1 that was free a moment ago. A process never gets the same port twice.
 * Another process may take it first, so callers must retry.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}
