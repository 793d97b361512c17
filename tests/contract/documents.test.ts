// Checks that the files and commands in the docs exist.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, it } from "node:test";

const documents = [
  ...["README.md", "CONTRIBUTING.md", "SECURITY.md"],
  ...filesUnder("docs").filter((file) => file.endsWith(".md")),
  ...filesUnder("examples").filter((file) => file.endsWith(".md")),
];
const scripts = (JSON.parse(readFileSync("package.json", "utf8")) as { scripts: object }).scripts;

for (const document of documents) {
  describe(document, () => {
    const text = readFileSync(document, "utf8");
    it("links to files that exist", () => {
      const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => link!);
      const missing = links.filter((link) => !existsSync(normalize(join(dirname(document), link))));
      assert.deepEqual(missing, []);
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

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) =>
    join(folder, name),
  );
}
