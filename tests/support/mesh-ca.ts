// A certificate authority as a mesh has one, for tests of mutual TLS. Nothing is stored in the
// repository. Needs `openssl`.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Certificate } from "./certificate.ts";

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

export class MeshCa {
  readonly #folder = mkdtempSync(join(tmpdir(), "mesh-ca-"));

  /** A new one, or that with these files, PEM. */
  constructor(existing?: { cert: string; key: string }) {
    if (existing !== undefined) {
      copyFileSync(existing.cert, join(this.#folder, "ca.pem"));
      copyFileSync(existing.key, join(this.#folder, "ca.key"));
      return;
    }
    this.#openssl(
      ["req", "-x509", ...newKey, "-days", "1", "-subj", "/O=mesh/CN=root"],
      ["-addext", "basicConstraints=critical,CA:true", "-keyout", "ca.key", "-out", "ca.pem"],
    );
  }

  /** PEM. */
  get root(): string {
    return this.#read("ca.pem");
  }

  /** A certificate with these subject alternative names, such as `URI:spiffe://…`. */
  issue(subjectAltName: string): Certificate {
    this.#openssl(["req", ...newKey, "-subj", "/", "-keyout", "own.key", "-out", "own.csr"]);
    // With the authority's own, which may be an intermediate one.
    return { cert: this.#sign("own.csr", subjectAltName) + this.root, key: this.#read("own.key") };
  }

  /** The same for a request, PEM. */
  sign(request: string, subjectAltName: string): string {
    writeFileSync(join(this.#folder, "given.csr"), request);
    return this.#sign("given.csr", subjectAltName);
  }

  /** Removes the files. */
  close(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #sign(request: string, subjectAltName: string): string {
    const extensions = [`subjectAltName=critical,${subjectAltName}`];
    writeFileSync(join(this.#folder, "extensions"), extensions.join("\n"));
    const ca = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"];
    const files = ["-in", request, "-out", "own.pem", "-extfile", "extensions"];
    this.#openssl(["x509", "-req", "-days", "1", ...ca, ...files]);
    return this.#read("own.pem");
  }

  #read(name: string): string {
    return readFileSync(join(this.#folder, name), "utf8");
  }

  #openssl(...words: string[][]): void {
    execFileSync("openssl", words.flat(), { cwd: this.#folder, stdio: "pipe" });
  }
}
