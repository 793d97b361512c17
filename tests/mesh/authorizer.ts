// An external authorizer for AuthorizationPolicies with action CUSTOM. rig/mesh-config.yaml has its
// name.
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";

export interface Authorizer {
  /** All checks so far, each as one text with request line and headers. */
  checks: string[];
  close(): void;
}

const address = "127.0.0.97";
const port = 9000;

/** The ServiceEntry that adds the authorizer to the mesh. */
export const authorizerEntry = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: authorizer, namespace: istio-system }
spec:
  hosts: [authorizer.mesh-test.internal]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{ number: ${port}, name: http, protocol: HTTP }]
  endpoints: [{ address: ${address} }]
`;

/**
 * Starts the authorizer, which allows requests with `x-team: search`, and answers 403 to others.
 */
export async function startAuthorizer(): Promise<Authorizer> {
  const checks: string[] = [];
  const server = createServer((request, response) => {
    checks.push(textOf(request));
    response.writeHead(request.headers["x-team"] === "search" ? 200 : 403).end();
  });
  server.listen(port, address);
  await once(server, "listening");
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { checks, close };
}

function textOf({ method = "", url = "", rawHeaders }: IncomingMessage): string {
  return [method, url, ...rawHeaders].join("\n");
}
