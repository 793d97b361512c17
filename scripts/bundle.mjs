// Bundles the CLI and all that it imports into one file, which node runs without node_modules.
import { build } from "esbuild";

await build({
  entryPoints: ["src/cli/main.ts"],
  outfile: "build/llm-egress.mjs",
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  loader: { ".yaml": "text" },
  // The ES modules of the same package. The bundle calls their functions directly, which parses a
  // tenth faster than CommonJS.
  alias: { yaml: "./node_modules/yaml/browser/dist/index.js" },
  banner: {
    // commander and ajv are CommonJS and call require().
    js: '#!/usr/bin/env node\nimport { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);',
  },
  logLevel: "warning",
});
