// Bundles the CLI and all that it imports into one file, which node runs without node_modules, and
// writes the licenses of what others have written of it.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { thirdPartyLicenses } from "./third-party.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

// Of the Kubernetes client, the bundle needs the configuration, which imports a class for every kind
// of the API, for a function that nobody calls. To parse a megabyte would slow every command down.
const withoutKubernetesApi = {
  name: "without-kubernetes-api",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/gen\/index\.js$/ }, ({ importer }) =>
      importer.includes("/@kubernetes/client-node/")
        ? { path: here("kubernetes-api.mjs") }
        : undefined,
    ),
};

const { metafile } = await build({
  entryPoints: ["src/cli/main.ts"],
  outfile: "build/llm-egress.mjs",
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
  loader: { ".yaml": "text" },
  plugins: [withoutKubernetesApi],
  alias: {
    // The ES modules of the same package. The bundle calls their functions directly, which parses a
    // tenth faster than CommonJS.
    yaml: "./node_modules/yaml/browser/dist/index.js",
    // The Kubernetes client takes nothing but Headers from it, which node has too.
    "node-fetch": here("node-fetch.mjs"),
  },
  banner: {
    // commander and ajv are CommonJS and call require().
    js: '#!/usr/bin/env node\nimport { createRequire } from "node:module";\nconst require = createRequire(import.meta.url);',
  },
  logLevel: "warning",
  metafile: true,
});

writeFileSync("build/THIRD_PARTY_LICENSES.txt", thirdPartyLicenses(Object.keys(metafile.inputs)));
