// Makes the certificates of one run of the mesh: istiod's plug-in CA, and the server certificate of
// the mock that replaces the internet.
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const elliptic = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
const isCa = ["-addext", "basicConstraints=critical,CA:true"];
const mayIssue = "keyUsage=critical,keyCertSign,cRLSign";

/**
 * Writes the CA for istiod's workload certificates into `folder`, under the file names that istiod
 * expects.
 */
export async function writeMeshCa(folder: string): Promise<void> {
  const openssl = opensslIn(folder);
  await openssl(
    ["req", "-x509", ...elliptic, "-days", "2", "-subj", "/O=mesh/CN=root", ...isCa],
    ["-addext", mayIssue, "-keyout", "root-key.pem", "-out", "root-cert.pem"],
  );
  const subject = ["-subj", "/O=Istio/CN=intermediate"];
  await openssl(["req", ...elliptic, ...subject, "-keyout", "ca-key.pem", "-out", "ca.csr"]);
  const extensions = [
    "basicConstraints=critical,CA:true,pathlen:0",
    "keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign",
    "subjectAltName=DNS:istiod.istio-system.svc",
  ];
  await sign({ openssl, folder, extensions, ca: "root", request: "ca.csr", out: "ca-cert.pem" });
  const chain = ["ca-cert.pem", "root-cert.pem"].map((name) => readFileSync(join(folder, name)));
  writeFileSync(join(folder, "cert-chain.pem"), Buffer.concat(chain));
}

export interface ServerCertificate {
  /** PEM texts. */
  cert: string;
  key: string;
  /** The CA that clients must trust. */
  ca: string;
}

/** Makes a server certificate for all of `hosts`, with a new CA. */
export async function makeServerCertificate(
  folder: string,
  hosts: string[],
): Promise<ServerCertificate> {
  const openssl = opensslIn(folder);
  const ca = ["-subj", "/CN=provider-ca", ...isCa, "-addext", mayIssue];
  await openssl(
    ["req", "-x509", ...elliptic, "-days", "2", ...ca],
    ["-keyout", "provider-key.pem", "-out", "provider-cert.pem"],
  );
  await openssl(
    ["req", ...elliptic, "-subj", `/CN=${hosts[0] ?? ""}`],
    ["-keyout", "server-key.pem", "-out", "server.csr"],
  );
  const extensions = [`subjectAltName=${hosts.map((host) => `DNS:${host}`).join(",")}`];
  const [request, out] = ["server.csr", "server-cert.pem"];
  await sign({ openssl, folder, extensions, ca: "provider", request, out });
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  return { cert: read(out), key: read("server-key.pem"), ca: read("provider-cert.pem") };
}

type Openssl = (...words: string[][]) => Promise<void>;

function opensslIn(folder: string): Openssl {
  mkdirSync(folder, { recursive: true });
  return async (...words) => {
    await promisify(execFile)("openssl", words.flat(), { cwd: folder });
  };
}

interface Signing {
  openssl: Openssl;
  folder: string;
  extensions: string[];
  /** The files of the CA are `<ca>-cert.pem` and `<ca>-key.pem`. */
  ca: string;
  request: string;
  out: string;
}

async function sign({ openssl, folder, extensions, ca, request, out }: Signing): Promise<void> {
  writeFileSync(join(folder, `${out}.extensions`), extensions.join("\n"));
  const issuer = ["-CA", `${ca}-cert.pem`, "-CAkey", `${ca}-key.pem`, "-CAcreateserial"];
  const files = ["-in", request, "-out", out, "-extfile", `${out}.extensions`];
  await openssl(["x509", "-req", "-days", "2"], issuer, files);
}
