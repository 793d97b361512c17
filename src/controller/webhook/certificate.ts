// The webhook's server certificate: self-signed, so it is its own authority. Node makes keys and
// signatures; the library writes the certificate around them. Pure but for randomness.
import {
  createPrivateKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_extKeyUsage,
  id_ce_subjectAltName,
  id_kp_serverAuth,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from "@peculiar/asn1-x509";

/** PEM texts. */
export interface KeyPair {
  cert: string;
  key: string;
}

const dayMs = 86_400_000;
const lifetimeMs = 365 * dayMs;
const renewBeforeMs = 90 * dayMs;
// Clocks differ.
const skewMs = 3_600_000;

const ecdsaWithSha256 = () => new AlgorithmIdentifier({ algorithm: "1.2.840.10045.4.3.2" });
const commonName = "2.5.4.3";

/** A certificate for a DNS name, valid for a year. */
export function makeCertificate(host: string, now = Date.now()): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const body = new TBSCertificate({
    version: Version.v3,
    serialNumber: serialNumber(),
    signature: ecdsaWithSha256(),
    issuer: nameOf("llm-egress"),
    validity: new Validity({
      notBefore: new Date(now - skewMs),
      notAfter: new Date(now + lifetimeMs),
    }),
    subject: nameOf("llm-egress"),
    subjectPublicKeyInfo: AsnConvert.parse(spki, SubjectPublicKeyInfo),
    extensions: new Extensions([
      extension(
        id_ce_subjectAltName,
        new SubjectAlternativeName([new GeneralName({ dNSName: host })]),
      ),
      extension(id_ce_extKeyUsage, new ExtendedKeyUsage([id_kp_serverAuth])),
    ]),
  });
  const signed = Buffer.from(AsnConvert.serialize(body));
  const certificate = new Certificate({
    tbsCertificate: body,
    signatureAlgorithm: ecdsaWithSha256(),
    signatureValue: arrayOf(sign("sha256", signed, privateKey)),
  });
  return {
    cert: pemOf(Buffer.from(AsnConvert.serialize(certificate))),
    key: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  };
}

/** Whether a pair serves the DNS name, and will for a while: else it is time for another. */
export function isFresh({ cert, key }: KeyPair, host: string, now = Date.now()): boolean {
  try {
    const certificate = new X509Certificate(cert);
    return (
      certificate.checkHost(host) !== undefined &&
      certificate.checkPrivateKey(createPrivateKey(key)) &&
      Date.parse(certificate.validFrom) <= now &&
      Date.parse(certificate.validTo) - now > renewBeforeMs
    );
  } catch {
    // Somebody has edited it so that it can't be read.
    return false;
  }
}

/** Whether a certificate can be read, and has not expired. */
export function isValid(cert: string, now = Date.now()): boolean {
  try {
    return Date.parse(new X509Certificate(cert).validTo) > now;
  } catch {
    return false;
  }
}

function nameOf(text: string): Name {
  const value = new AttributeValue({ utf8String: text });
  const attribute = new AttributeTypeAndValue({ type: commonName, value });
  return new Name([new RelativeDistinguishedName([attribute])]);
}

function extension(extnID: string, value: object): Extension {
  return new Extension({ extnID, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

/** Positive, without a leading zero. */
function serialNumber(): ArrayBuffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return arrayOf(bytes);
}

function arrayOf(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

function pemOf(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
