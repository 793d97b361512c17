// Builds images with the names in the example's Compose file from programs of this machine, so that
// the test needs no registry.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { composeFile } from "./example.ts";
import { podman } from "./podman.ts";

interface Program {
  /** The name and tag of the image in a Compose file. */
  image: string;
  /** The path of the program on this machine. */
  file: string;
  /** The path of the program in the image. */
  path: string;
  /** The users of the image, with their ids. */
  users: Record<string, number>;
  /** Dockerfile instructions, e.g. `USER node`. */
  instructions: string[];
}

/** The name of the image on which `deploy/Dockerfile` builds. */
export function baseImage(): string {
  const text = readFileSync("deploy/Dockerfile", "utf8");
  return /^FROM (\S+)$/m.exec(text)?.[1] ?? "";
}

/** Puts that image into podman's store. Its program is `node`. */
export function makeBaseImage(node: string, folder: string, env: Record<string, string>): void {
  const users = { root: 0, node: 1000 };
  const path = "/usr/local/bin/node";
  makeImage({ image: baseImage(), file: node, path, users, instructions: [] }, folder, env);
}

/**
 * Puts the two images of the example into podman's store. Each equals the official image in what
 * the example uses.
 */
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

// Builds an image with a program, the libraries that it is linked with, and nothing else.
function makeImage(program: Program, folder: string, env: Record<string, string>): void {
  const root = join(folder, "root");
  rmSync(root, { recursive: true, force: true });
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

// The libraries that a program is linked with. A statically linked program has none.
function libraries(file: string): string[] {
  const listed = execFileSync("sh", ["-c", 'ldd "$0" || true', file], { encoding: "utf8" });
  return [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path);
}

// Adds the registry that Docker uses for a name without one.
function fullName(image: string): string {
  return image.includes("/") ? `docker.io/${image}` : `docker.io/library/${image}`;
}
