// Writes the filter's module as an OCI image layout: module → image → directory. Images with other
// tags stay in that directory.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import packageJson from "../../package.json" with { type: "json" };
import { type Descriptor, type Image, toImage, toIndex, toJson } from "../oci/image.ts";
import { Failure, reasonOf } from "./failure.ts";
import { moduleFile } from "./locations.ts";
import { makeFolder } from "./make-folder.ts";
import { printLine, warnLine } from "./terminal.ts";

/** The options of `image`, as commander gives them. */
export interface ImageOptions {
  wasm?: string;
  tag: string;
}

/** The file that marks a directory as an OCI layout. */
const marker = { name: "oci-layout", content: { imageLayoutVersion: "1.0.0" } };
const indexName = "index.json";

/** What every Wasm module of version 1 begins with; a component has another version. */
const moduleStart = Buffer.from([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);

/** Adds the options of ImageOptions to a command. */
export function addImageOptions(command: Command): Command {
  return command
    .option("--wasm <file>", "the filter's module (default: llm-egress.wasm next to this program)")
    .option("--tag <tag>", "the image's tag in the layout", parseTag, packageJson.version);
}

/**
 * Writes the image into `directory`, which must be new, empty, or an OCI layout, and prints its
 * digest. Returns the exit code.
 */
export async function image(directory: string, { wasm, tag }: ImageOptions): Promise<number> {
  const built = toImage(await readModule(moduleFile(wasm)), packageJson);
  const { digest } = built.manifest;
  try {
    await writeLayout(directory, built, tag);
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(reasonOf(error), 1);
  }
  printLine(digest);
  warnLine(
    `${directory} has the image ${tag}; once it is in a registry, use --wasm-url oci://REPOSITORY@${digest}`,
  );
  return 0;
}

/** A tag as registries allow it. */
export function parseTag(text: string): string {
  if (/^\w[\w.-]{0,127}$/.test(text)) return text;
  throw new InvalidArgumentError(
    "It must be at most 128 letters, digits, '_', '.' and '-', and not begin with '.' or '-'.",
  );
}

async function readModule(file: string): Promise<Buffer> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new Failure(`${reasonOf(error)}; specify the filter's module with --wasm`, 2);
  });
  if (bytes.subarray(0, moduleStart.length).equals(moduleStart)) return bytes;
  throw new Failure(`${file} is not a Wasm module`, 1);
}

// The index is written last, so everything that it lists is complete.
async function writeLayout(directory: string, built: Image, tag: string): Promise<void> {
  await makeFolder(directory);
  const index = toIndex(built, tag, await readOthers(directory));
  await writeFile(join(directory, marker.name), toJson(marker.content));
  for (const [digest, bytes] of built.blobs) {
    const [algorithm = "", name = ""] = digest.split(":");
    const folder = join(directory, "blobs", algorithm);
    await makeFolder(folder);
    await writeFile(join(folder, name), bytes);
  }
  await writeFile(join(directory, indexName), toJson(index));
}

/** The images that the layout already has. */
async function readOthers(directory: string): Promise<Descriptor[]> {
  const names = await readdir(directory);
  if (names.length > 0 && !names.includes(marker.name)) {
    throw new Failure(`${directory} is neither empty nor an OCI image layout`, 1);
  }
  if (!names.includes(indexName)) return [];
  const file = join(directory, indexName);
  const manifests = parseManifests(await readFile(file, "utf8"));
  if (manifests === undefined) throw new Failure(`${file} is not an OCI image index`, 1);
  return manifests;
}

function parseManifests(index: string): Descriptor[] | undefined {
  try {
    const parsed = JSON.parse(index) as { manifests?: Descriptor[] } | null;
    return Array.isArray(parsed?.manifests) ? parsed.manifests : undefined;
  } catch {
    return undefined;
  }
}
