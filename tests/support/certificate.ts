// Makes certificates for tests that use TLS; none is stored in the repository.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** PEM texts. */
export interface Certificate {
  cert: string;
  key: string;
}

/**
 * A self-signed certificate and its key, valid for a day, for one DNS name or for the given
 * `subjectAltName`. Needs `openssl`.
 */
export function selfSigned(name: string, subjectAltName = `DNS:${name}`): Certificate {
  const folder = mkdtempSync(join(tmpdir(), "certificate-"));
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const subject = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=${subjectAltName}`];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  try {
    const files = ["-out", cert, "-keyout", key, "-days", "1"];
    execFileSync("openssl", ["req", ...kind, ...subject, ...files], { stdio: "pipe" });
    return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
