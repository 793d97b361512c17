// One call of istiod's certificate service, IstioCertificateService.CreateCertificate, over gRPC.
// Comes in: a certificate request; goes out: the certificate and those up to the root. Nothing is
// kept between calls.
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from "node:http2";

export interface CertificateCall {
  /** Such as `https://istiod.istio-system.svc:15012`. */
  istiod: string;
  /** PEM: what istiod's own certificate is verified with. */
  root: string;
  /** The ServiceAccount's token, for istiod's audience. */
  token: string;
  /** PEM. */
  request: string;
  ttlSeconds: number;
}

const path = "/istio.v1.auth.IstioCertificateService/CreateCertificate";
const timeoutMs = 10_000;
/** The flag for compression, and the size of the message. */
const frameHeaderBytes = 5;
const mostBytes = 1 << 20;

/**
 * The certificate's chain, its own certificate first and the mesh's root last, as PEM texts. Rejects
 * if istiod refuses, or can't be reached.
 */
export async function createCertificate(call: CertificateCall): Promise<string[]> {
  const session = connect(call.istiod, { ca: call.root });
  try {
    return await exchange(session, call);
  } finally {
    session.destroy();
  }
}

function exchange(
  session: ClientHttp2Session,
  { token, request, ttlSeconds }: CertificateCall,
): Promise<string[]> {
  return new Promise((resolve, reject) => {
    session.on("error", reject);
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: path,
      "content-type": "application/grpc",
      te: "trailers",
      authorization: `Bearer ${token}`,
    });
    stream.setTimeout(timeoutMs, () => stream.destroy(new Error("istiod does not respond")));
    stream.on("error", reject);
    let status = "none";
    const note = (headers: IncomingHttpHeaders): void => {
      const code = headers["grpc-status"];
      const message = headers["grpc-message"] ?? "";
      if (code !== undefined) status = `${String(code)} ${String(message)}`.trim();
    };
    stream.on("response", note).on("trailers", note);
    const chunks: Buffer[] = [];
    let bytes = 0;
    stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      if ((bytes += chunk.length) > mostBytes) stream.destroy(new Error("istiod sends too much"));
    });
    stream.on("end", () => {
      if (status !== "0") return reject(new Error(`istiod refuses: gRPC status ${status}`));
      const chain = readChain(Buffer.concat(chunks).subarray(frameHeaderBytes));
      if (chain.length < 2) return reject(new Error("istiod's response has no certificates"));
      resolve(chain);
    });
    stream.end(toFrame(toMessage(request, ttlSeconds)));
  });
}

/** IstioCertificateRequest: `csr` is field 1, `validity_duration` field 3. */
function toMessage(request: string, ttlSeconds: number): Buffer {
  const text = Buffer.from(request);
  const fields = [[0x0a], toVarint(text.length), text, [0x18], toVarint(ttlSeconds)];
  return Buffer.concat(fields.map((each) => Buffer.from(each)));
}

function toFrame(message: Buffer): Buffer {
  const header = Buffer.alloc(frameHeaderBytes);
  header.writeUInt32BE(message.length, 1);
  return Buffer.concat([header, message]);
}

function toVarint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) | 0x80);
  }
}

/** IstioCertificateResponse: `cert_chain`, repeated, is field 1. Empty if it can't be read. */
function readChain(message: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < message.length;) {
    if (message[at++] !== 0x0a) return [];
    let size = 0;
    let byte = 0x80;
    for (let scale = 1; byte >= 0x80; scale *= 128) {
      byte = message[at++] ?? 0;
      size += (byte & 0x7f) * scale;
    }
    texts.push(message.subarray(at, at + size).toString());
    at += size;
  }
  return texts;
}
