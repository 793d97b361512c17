// An issuer of JSON Web Tokens for the mesh's own clients, with its keys at an address where istiod fetches them.
import { generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface TokenIssuer {
  /** `iss` of its tokens. */
  name: string;
  /** For a RequestAuthentication. */
  jwksUri: string;
  /** A token for one subject, signed and valid for an hour. */
  issue(subject: string): string;
  close(): void;
}

/** Starts an issuer with a fresh key. */
export async function startTokenIssuer(): Promise<TokenIssuer> {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const kid = "mesh-test";
  const jwk = { ...publicKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" };
  const server = createServer((_, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [jwk] }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const name = "https://issuer.mesh-test.internal";
  const issue = (subject: string): string => {
    const expires = Math.floor(Date.now() / 1000) + 3600;
    const head = encode({ alg: "RS256", typ: "JWT", kid });
    const claims = encode({ iss: name, sub: subject, exp: expires });
    const signature = sign("sha256", Buffer.from(`${head}.${claims}`), privateKey);
    return `${head}.${claims}.${signature.toString("base64url")}`;
  };
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { name, jwksUri: `http://127.0.0.1:${port}/jwks.json`, issue, close };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
