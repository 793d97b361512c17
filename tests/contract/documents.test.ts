// Checks that the files, headings, tests and commands in the docs exist.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, it } from "node:test";

const documents = [
  ...readdirSync(".").filter((file) => file.endsWith(".md")),
  ...filesUnder("docs").filter((file) => file.endsWith(".md")),
  ...filesUnder("examples").filter((file) => file.endsWith(".md")),
];
const scripts = (JSON.parse(readFileSync("package.json", "utf8")) as { scripts: object }).scripts;

for (const document of documents) {
  describe(document, () => {
    const text = readFileSync(document, "utf8");
    it("links to files and headings that exist", () => {
      const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)];
      const missing = links.filter(([, link = "", anchor]) => {
        const file = link === "" ? document : normalize(join(dirname(document), link));
        return !existsSync(file) || (anchor !== undefined && !anchorsOf(file).includes(anchor));
      });
      assert.deepEqual(
        missing.map(([link]) => link),
        [],
      );
    });
    it("names source files that exist", () => {
      const named = [
        ...text.matchAll(/`((?:src|assembly|tests|bench|scripts|deploy)\/[\w./-]+)`/g),
      ];
      const missing = named.map(([, file]) => file!).filter((file) => !existsSync(file));
      assert.deepEqual(missing, []);
    });
    it("names scripts that package.json has", () => {
      const named = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, script]) => script!);
      assert.deepEqual(
        named.filter((script) => !(script in scripts)),
        [],
      );
    });
  });
}

describe("README.md", () => {
  it("links to every page", () => {
    const text = readFileSync("README.md", "utf8");
    const pages = documents.filter((file) => /^(?:docs\/)?[\w.-]+\.md$/.test(file));
    const apart = ["README.md", "CHANGELOG.md"];
    const missing = pages.filter((page) => !text.includes(`](${page})`) && !apart.includes(page));
    assert.deepEqual(missing, []);
  });
});

describe("docs/troubleshooting.md", () => {
  const text = readFileSync("docs/troubleshooting.md", "utf8");
  const [, ...entries] = text.split(/^### /m);
  for (const entry of entries) {
    const [symptom = ""] = entry.split("\n");
    it(`names a test that exists: ${symptom}`, () => {
      const words = entry.replaceAll(/\s+/g, " ");
      const [, file = "", name] = /Test: `([^`]+)`(?:, "([^"]+)")?/.exec(words) ?? [];
      assert.ok(existsSync(file), `"${file}"`);
      if (name !== undefined) assert.ok(readsAs(file, name), `${file} has no "${name}"`);
    });
  }
});

// A test's name may be made from parts: `${what} …`.
function readsAs(file: string, name: string): boolean {
  const names = [...readFileSync(file, "utf8").matchAll(/\b(?:it|test)\(\s*(["`])(.*?)\1/g)];
  return names.some(([, , written = ""]) => {
    const parts = written.split(/\$\{[^}]*\}/).map(escape);
    return new RegExp(`^${parts.join(".*")}$`).test(name);
  });
}

const escape = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** The anchors that GitHub gives to a document's headings. */
function anchorsOf(file: string): string[] {
  const seen = new Map<string, number>();
  const text = readFileSync(file, "utf8").replaceAll(/^```[^]*?^```/gm, "");
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => {
    const plain = heading.toLowerCase().replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1");
    const anchor = plain.replaceAll(/[^\p{L}\p{N}\p{M}\s_-]/gu, "").replaceAll(" ", "-");
    const count = seen.get(anchor) ?? 0;
    seen.set(anchor, count + 1);
    return count === 0 ? anchor : `${anchor}-${count}`;
  });
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) =>
    join(folder, name),
  );
}
