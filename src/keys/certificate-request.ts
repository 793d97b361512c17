// A new private key, and the request for a certificate of a SPIFFE identity (PKCS #10). Nothing is
// kept.
import { generateKeyPair, sign } from "node:crypto";
import { promisify } from "node:util";
import { encode, encodeOid, tags, toPem } from "./der.ts";

const ecdsaWithSha256 = "1.2.840.10045.4.3.2";
const extensionRequest = "1.2.840.113549.1.9.14";
const subjectAltName = "2.5.29.17";

/** PEM texts. */
export interface CertificateRequest {
  request: string;
  key: string;
}

/** Makes a P-256 key, and requests a certificate for the URI, which is ASCII. */
export async function makeCertificateRequest(uri: string): Promise<CertificateRequest> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("ec", { namedCurve: "P-256" });
  const body = encode(
    tags.sequence,
    encode(tags.integer, Buffer.from([0])),
    // The name is empty: the identity is the URI.
    encode(tags.sequence),
    publicKey.export({ type: "spki", format: "der" }),
    encode(tags.attributes, extensionsFor(uri)),
  );
  const algorithm = encode(tags.sequence, encodeOid(ecdsaWithSha256));
  const unusedBits = Buffer.from([0]);
  const signature = encode(tags.bits, unusedBits, sign("sha256", body, privateKey));
  return {
    request: toPem("CERTIFICATE REQUEST", encode(tags.sequence, body, algorithm, signature)),
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

function extensionsFor(uri: string): Buffer {
  const names = encode(tags.sequence, encode(tags.uri, Buffer.from(uri, "ascii")));
  // With an empty name, the extension must be critical.
  const critical = encode(tags.boolean, Buffer.from([0xff]));
  const value = encode(tags.octets, names);
  const extension = encode(tags.sequence, encodeOid(subjectAltName), critical, value);
  const extensions = encode(tags.sequence, extension);
  return encode(tags.sequence, encodeOid(extensionRequest), encode(tags.set, extensions));
}
