// Images under the names that the example's file has, made of this machine's own programs, as no registry is asked for the official ones.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { composeFile } from "./example.ts";
import { podman } from "./podman.ts";

interface Program {
  /** The image's name and tag in a Compose file. */
  image: string;
  /** The program's path on this machine. */
  file: string;
  /** Its path in the image. */
  path: string;
  /** Users of the image, with their ids. */
  users: Record<string, number>;
  /** What a Dockerfile says of it, e.g. `USER node`. */
  instructions: string[];
}

/** Puts the example's two images into podman's store, each as its official one for what the example uses of it. */
export function makeExampleImages(
  { envoy, node }: { envoy: string; node: string },
  folder: string,
  env: Record<string, string>,
): void {
  const { gateway, provider } = composeFile().services;
  const gatewayImage: Program = {
    image: gateway.image,
    file: envoy,
    path: "/usr/local/bin/envoy",
    users: { nonroot: 65532 },
    instructions: [
      'ENTRYPOINT ["/usr/local/bin/envoy"]',
      'CMD ["-c", "/etc/envoy/envoy.yaml"]',
      "USER 65532",
    ],
  };
  const providerImage: Program = {
    image: provider.image,
    file: node,
    path: "/usr/local/bin/node",
    users: { root: 0, node: 1000 },
    instructions: ['CMD ["node"]'],
  };
  for (const image of [gatewayImage, providerImage]) makeImage(image, folder, env);
}

// An image that holds a program, the libraries that it is linked with, and nothing else.
function makeImage(program: Program, folder: string, env: Record<string, string>): void {
  const root = join(folder, "roots", program.path);
  const copy = (from: string, to: string): void => {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    cpSync(from, join(root, to), { dereference: true });
  };
  copy(program.file, program.path);
  for (const library of libraries(program.file)) copy(library, library);
  mkdirSync(join(root, "etc"));
  const users = Object.entries(program.users);
  const lines = (line: ([name, id]: [string, number]) => string): string =>
    users.map(line).join("");
  writeFileSync(
    join(root, "etc/passwd"),
    lines(([name, id]) => `${name}:x:${id}:${id}::/:\n`),
  );
  writeFileSync(
    join(root, "etc/group"),
    lines(([name, id]) => `${name}:x:${id}:\n`),
  );
  chmodSync(root, 0o755);
  const archive = `${root}.tar`;
  execFileSync("tar", ["-C", root, "-cf", archive, "."]);
  const changes = program.instructions.flatMap((instruction) => ["--change", instruction]);
  podman(["import", "--quiet", ...changes, archive, fullName(program.image)], env);
}

// A program that is linked statically has none.
function libraries(file: string): string[] {
  const listed = execFileSync("sh", ["-c", 'ldd "$0" || true', file], { encoding: "utf8" });
  return [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path);
}

// What Docker means by a name without a registry's.
function fullName(image: string): string {
  return image.includes("/") ? `docker.io/${image}` : `docker.io/library/${image}`;
}
