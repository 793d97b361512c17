// A new private key, and the request for a certificate of a SPIFFE identity (PKCS #10). Node makes
// the key and the signature; the library writes the request around them. Nothing is kept.
import { generateKeyPair, sign } from "node:crypto";
import { promisify } from "node:util";
import { Attributes, CertificationRequest, CertificationRequestInfo } from "@peculiar/asn1-csr";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  Attribute,
  Extension,
  Extensions,
  GeneralName,
  id_ce_subjectAltName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
} from "@peculiar/asn1-x509";

/** PEM texts. */
export interface RequestWithKey {
  request: string;
  key: string;
}

const ecdsaWithSha256 = "1.2.840.10045.4.3.2";
const extensionRequest = "1.2.840.113549.1.9.14";

/** Makes a P-256 key, and requests a certificate for the URI. The request has no other name. */
export async function makeCertificateRequest(uri: string): Promise<RequestWithKey> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const info = new CertificationRequestInfo({
    subjectPKInfo: AsnConvert.parse(spki, SubjectPublicKeyInfo),
    attributes: new Attributes([
      new Attribute({
        type: extensionRequest,
        values: [AsnConvert.serialize(new Extensions([nameExtension(uri)]))],
      }),
    ]),
  });
  const signed = Buffer.from(AsnConvert.serialize(info));
  const request = new CertificationRequest({
    certificationRequestInfo: info,
    signatureAlgorithm: new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 }),
    signature: new Uint8Array(sign("sha256", signed, privateKey)).buffer,
  });
  return {
    request: toPem(Buffer.from(AsnConvert.serialize(request))),
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

function nameExtension(uri: string): Extension {
  const names = new SubjectAlternativeName([new GeneralName({ uniformResourceIdentifier: uri })]);
  const extnValue = new OctetString(AsnConvert.serialize(names));
  // With an empty subject, the extension must be critical.
  return new Extension({ extnID: id_ce_subjectAltName, critical: true, extnValue });
}

function toPem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  const label = "CERTIFICATE REQUEST";
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
