// …/files: uploaded files, in memory. The oldest ones are removed above a bound.
import { type Answer, jsonAnswer } from "./answer.ts";
import { maxBodyBytes } from "./body.ts";
import type { Call } from "./call.ts";
import { missingParameter, unknownFile } from "./errors.ts";
import { createdNow, newId } from "./identity.ts";

/** How many files are kept, and `maxBodyBytes` of content in all. */
export const maxFiles = 100;

interface StoredFile {
  /** As the API describes it. */
  object: { id: string; bytes: number; [member: string]: unknown };
  content: Buffer;
}

/** The files of one mock by id, oldest first. */
export class Files {
  readonly #files = new Map<string, StoredFile>();
  #bytes = 0;

  add(file: StoredFile): void {
    this.#files.set(file.object.id, file);
    this.#bytes += file.content.length;
    for (const id of this.#files.keys()) {
      if (this.#files.size <= maxFiles && this.#bytes <= maxBodyBytes) return;
      this.delete(id);
    }
  }

  get(id: string): StoredFile | undefined {
    return this.#files.get(id);
  }

  list(): StoredFile[] {
    return [...this.#files.values()];
  }

  /** Whether there was such a file. */
  delete(id: string): boolean {
    this.#bytes -= this.#files.get(id)?.content.length ?? 0;
    return this.#files.delete(id);
  }
}

/** Keeps the field `file`. */
export async function uploadFile(fields: FormData, { files }: Call): Promise<Answer> {
  const [file, purpose] = [fields.get("file"), fields.get("purpose")];
  if (!(file instanceof File)) return missingParameter("file");
  if (typeof purpose !== "string") return missingParameter("purpose");
  const content = Buffer.from(await file.arrayBuffer());
  const object = {
    id: newId("file-"),
    object: "file",
    bytes: content.length,
    created_at: createdNow(),
    filename: file.name,
    purpose,
    status: "processed",
  };
  files.add({ object, content });
  return jsonAnswer(200, object);
}

/** All files on one page, newest first. */
export function listFiles({ files }: Call): Answer {
  const data = files
    .list()
    .map(({ object }) => object)
    .reverse();
  const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
  return jsonAnswer(200, { object: "list", data, ...ends, has_more: false });
}

/** What the API says about a file. */
export function getFile({ files, name }: Call): Answer {
  const file = files.get(name);
  return file === undefined ? unknownFile(name) : jsonAnswer(200, file.object);
}

/** The bytes of a file. */
export function getContent({ files, name }: Call): Answer {
  const file = files.get(name);
  if (file === undefined) return unknownFile(name);
  const headers = {
    "content-type": "application/octet-stream",
    "content-length": String(file.content.length),
  };
  return { status: 200, headers, pieces: [file.content] };
}

/** Removes a file. */
export function deleteFile({ files, name }: Call): Answer {
  if (!files.delete(name)) return unknownFile(name);
  return jsonAnswer(200, { id: name, object: "file", deleted: true });
}
