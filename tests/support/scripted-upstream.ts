// An HTTP/1.1 upstream whose answers are written by the test, byte by byte if necessary.
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface ScriptedUpstream {
  port: number;
  /** The bodies of the requests that were received completely, in order. */
  bodies: string[];
  close(): Promise<void>;
}

/** Answers the request whose body is `bodies[index]`. */
export type Script = (response: ServerResponse, index: number) => void;

/** Starts an upstream; `script` is called when the whole body of a request has arrived. */
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
