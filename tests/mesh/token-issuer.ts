// The issuer in examples/jwt, which issues JSON Web Tokens for clients in the mesh. istiod fetches
// its keys.
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from "node:crypto";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { issuerAddress, issuerHost } from "./rig/names.ts";

export interface TokenIssuer {
  /** The `iss` claim of its tokens. */
  name: string;
  /** The URI of its keys, for a RequestAuthentication. */
  jwksUri: string;
  /** Returns a signed token for one subject, which is valid for an hour. */
  issue(subject: string): string;
  close(): void;
}

/** Starts the issuer. `folder` is that of the mesh. */
export async function startTokenIssuer(folder: string): Promise<TokenIssuer> {
  const privateKey = issuerKey(folder);
  const kid = "mesh-test";
  const jwk = {
    ...createPublicKey(privateKey).export({ format: "jwk" }),
    kid,
    alg: "RS256",
    use: "sig",
  };
  const read = (file: string) => readFileSync(join(folder, "internet", file));
  const tls = { cert: read("server-cert.pem"), key: read("server-key.pem") };
  const server = createServer(tls, (_, response) => {
    response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: [jwk] }));
  });
  server.listen(443, issuerAddress);
  await once(server, "listening");
  const name = `https://${issuerHost}`;
  const issue = (subject: string): string => {
    const expires = Math.floor(Date.now() / 1000) + 3600;
    const head = encode({ alg: "RS256", typ: "JWT", kid });
    const claims = encode({ iss: name, sub: subject, aud: "llm-egress", exp: expires });
    const signature = sign("sha256", Buffer.from(`${head}.${claims}`), privateKey);
    return `${head}.${claims}.${signature.toString("base64url")}`;
  };
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { name, jwksUri: `${name}/jwks.json`, issue, close };
}

// All test files share one key, as istiod caches an issuer's keys for minutes.
function issuerKey(folder: string): KeyObject {
  const file = join(folder, "issuer-key.pem");
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    writeFileSync(file, privateKey.export({ type: "pkcs8", format: "pem" }));
  }
  return createPrivateKey(readFileSync(file));
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
