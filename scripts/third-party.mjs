// The licenses of other people's code in what is built, as one text.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Whose code is in the filter's module. */
const ofModule = ["@solo-io/proxy-runtime", "assemblyscript"];

/** `inputs` are the files that the program is bundled from, as esbuild's metafile has them. */
export function thirdPartyLicenses(inputs) {
  const bundled = inputs.flatMap((file) => packageOf(file) ?? []);
  const names = [...new Set([...ofModule, ...bundled])].sort();
  const title =
    "llm-egress.mjs and llm-egress.wasm contain code of these packages.\n" +
    `In llm-egress.wasm: ${ofModule.join(", ")}.\n`;
  return [title, ...names.map(sectionOf)].join(`\n${"-".repeat(80)}\n\n`);
}

function packageOf(file) {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
}

function sectionOf(name) {
  const folder = join("node_modules", name);
  const described = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const license = described.license.trim();
  const files = readdirSync(folder).filter((file) =>
    /^(?:licen[cs]e|notice|copying)\b/i.test(file),
  );
  const texts = files.sort().map((file) => readFileSync(join(folder, file), "utf8").trim());
  if (texts.length === 0) {
    if (license !== "Apache-2.0") throw new Error(`${name} has no text of its license, ${license}`);
    texts.push("The text of this license is that of assemblyscript.");
  }
  return `${name} ${described.version} (${license})\n\n${texts.join("\n\n")}\n`;
}
