// An HTTP/1.1 upstream whose answers the test writes itself, byte by byte where it wants to.
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface ScriptedUpstream {
  port: number;
  /** The bodies of the requests that came to their end, in their order. */
  bodies: string[];
  close(): Promise<void>;
}

/** Answers one request, whose body is `bodies[index]`. */
export type Script = (response: ServerResponse, index: number) => void;

/** Starts an upstream; `script` is called when a request's body has come to its end. */
export async function startScripted(script: Script): Promise<ScriptedUpstream> {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    text(request).then(
      (body) => script(response, bodies.push(body) - 1),
      () => response.destroy(),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    bodies,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
