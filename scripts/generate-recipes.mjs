// Makes src/api/recipes.ts of the recipes in docs/providers.md, which `init` prints.
import { readFile } from "node:fs/promises";
import { format } from "prettier";
import { parse } from "yaml";

const preamble = `// Generated from docs/providers.md by \`npm run generate\`: change that page instead.

/** A provider to begin with. */
export interface Recipe {
  /** The name of the resource. */
  name: string;
  host: string;
  /** An LLMProvider as YAML. */
  text: string;
}
`;

/** The text of src/api/recipes.ts. */
export async function generateRecipes() {
  const page = await readFile("docs/providers.md", "utf8");
  // The first block below each heading.
  const recipes = [...page.matchAll(/^## [^]*?^```yaml\n([^]*?)^```$/gm)].map(([, text]) => {
    const { metadata, spec } = parse(text);
    return { name: metadata.name, host: spec.host, text };
  });
  const list = `export const recipes: readonly Recipe[] = ${JSON.stringify(recipes)};\n`;
  const options = JSON.parse(await readFile(".prettierrc.json", "utf8"));
  return format(`${preamble}\n/** In the order of the page. */\n${list}`, {
    parser: "typescript",
    ...options,
  });
}
