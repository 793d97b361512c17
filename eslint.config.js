// Which file may import what, and how large anything may be. Formatting is prettier's.
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const sizes = {
  "max-lines": ["error", 350],
  // A function that is one `switch` over states may have 80 lines: it says so in a comment that disables the rule for it.
  "max-lines-per-function": ["error", 40],
  "max-params": ["error", 4],
};

const plainMistakes = {
  eqeqeq: "error",
  "no-cond-assign": "error",
  "no-constant-condition": ["error", { checkLoops: false }],
  "no-control-regex": "error",
  "no-empty": "error",
  "no-fallthrough": "error",
  "no-unsafe-finally": "error",
  "no-useless-escape": "error",
};

// The folders of src in their order are model, parse, validate, plan and emit; none of them imports these.
const order = (others) => `^(\\.\\./)+(${others}|compile|kube|mock|oci)\\b`;

// What a folder may not import. Only one rule entry holds for a file, so each folder has its whole list below.
const bans = {
  yaml: {
    regex: "^yaml$",
    message: "Only src/parse reads YAML, and src/emit writes it without the package.",
  },
  io: {
    regex: "^node:(child_process|dgram|fs|http|http2|https|tls)(/|$)",
    message: "Only src/cli, src/controller, src/keys, src/kube and src/mock do input and output.",
  },
  net: {
    regex: "^node:net$",
    allowImportNames: ["isIP", "isIPv4", "isIPv6"],
    message: "Only src/cli, src/controller, src/keys, src/kube and src/mock open connections.",
  },
  callers: {
    regex: "^(\\.\\./)+(cli|controller)/",
    message: "Only the CLI imports the controller, and nothing imports the CLI.",
  },
  emit: { regex: "^(\\.\\./)+emit/", message: "Nothing but compile.ts and the CLI emits." },
  modelOrder: {
    regex: order("parse|validate|plan"),
    message: "model comes first: parse, validate and plan read it.",
  },
  parseOrder: {
    regex: order("api|validate|plan"),
    message: "parse makes documents, whatever they hold: it imports model and diagnostics.",
  },
  validateOrder: {
    regex: order("parse|plan"),
    message: "validate takes documents from any source, and what it shares with plan is in model.",
  },
  planOrder: {
    regex: order("parse|validate"),
    message: "plan takes resources from any source: what it shares with validate is in model.",
  },
  filter: {
    regex: "/assembly/",
    message: "src and assembly share the declarations in contract/, and nothing else.",
  },
  allButPlan: {
    regex: order("api|assembly|parse|validate"),
    message: "emit imports the plan's types and what the model says of hosts.",
  },
  planDecisions: {
    regex: "^(\\.\\./)+plan/(?!matches|to-plugin-config)",
    allowTypeImports: true,
    message: "emit decides nothing: it takes types, names and the serialisation from the plan.",
  },
  outside: { regex: "^\\.\\./", message: "api, kube, mock and oci import nothing of the project." },
  sdk: {
    regex: "^@solo-io/",
    message: "Only assembly/host and assembly/index.ts know the SDK.",
  },
  anything: { regex: "", message: "The contract is plain declarations: it imports nothing." },
  compiler: { regex: "/src/", message: "assembly shares no code with src." },
};

const restrict = (files, names, ignores = []) => ({
  files,
  ignores,
  rules: {
    "@typescript-eslint/no-restricted-imports": [
      "error",
      { patterns: names.map((name) => (typeof name === "string" ? bans[name] : name)) },
    ],
  },
});

const pure = ["io", "net", "callers", "filter"];

// What each folder of assembly/, and each file beside them, may import from the others. All may
// import the contract. The order has no circles.
const rooms = {
  bytes: [],
  json: ["bytes"],
  sse: ["bytes"],
  edit: ["bytes", "json"],
  host: ["bytes"],
  keys: ["bytes", "host"],
  "idle.ts": [],
  "labels.ts": ["bytes"],
  "refuse.ts": ["bytes", "host"],
  config: ["bytes", "json", "edit", "keys", "labels"],
  request: ["bytes", "edit", "host", "keys", "config", "idle", "labels", "refuse"],
  response: ["bytes", "sse", "host", "keys"],
  report: ["bytes", "host", "labels", "refuse", "response"],
};

function restrictRoom(room, others) {
  const isFile = room.endsWith(".ts");
  const outside = isFile ? "\\./" : "\\.\\./";
  const allowed = others.length === 0 ? "nothing else" : `only ${others.join(", ")}`;
  const order = {
    regex: `^${outside}(?!(${["\\.\\./contract", ...others].join("|")})\\b)`,
    message: `Of assembly, ${room} may import ${allowed}: imports in a circle can't be understood apart.`,
  };
  const names = room === "host" ? ["compiler"] : ["sdk", "compiler"];
  return restrict([`assembly/${room}${isFile ? "" : "/**"}`], [...names, order]);
}

const layers = [
  restrict(["src/*.ts"], ["yaml", ...pure]),
  restrict(["contract/**"], ["anything"]),
  restrict(["src/model/**"], ["yaml", ...pure, "modelOrder", "emit"]),
  restrict(["src/parse/**"], [...pure, "parseOrder", "emit"]),
  restrict(["src/validate/**"], ["yaml", ...pure, "validateOrder", "emit"]),
  restrict(["src/plan/**"], ["yaml", ...pure, "planOrder", "emit"]),
  restrict(["src/api/**"], ["outside"]),
  restrict(["src/emit/**"], ["yaml", ...pure, "allButPlan", "planDecisions"]),
  restrict(["src/controller/**"], ["yaml", "filter", "callers"]),
  restrict(["src/keys/**"], ["yaml", "filter", "callers", "emit"]),
  restrict(["src/cli/**"], ["yaml", "filter"]),
  restrict(["src/kube/**", "src/mock/**"], ["yaml", "outside"]),
  restrict(["src/oci/**"], ["yaml", "io", "net", "outside"]),
  restrict(
    ["assembly/*.ts", "tests/wasm/**"],
    ["sdk", "compiler"],
    ["assembly/index.ts", ...Object.keys(rooms).map((room) => `assembly/${room}`)],
  ),
  restrict(["assembly/index.ts"], ["compiler"]),
  ...Object.entries(rooms).map(([room, others]) => restrictRoom(room, others)),
];

const assemblyScript = ["assembly/**/*.ts", "bench/wasm/**/*.ts", "tests/wasm/**/*.ts"];

// node:test's functions return promises that its runner awaits.
const testFunctions = ["test", "it", "describe", "suite", "before", "after"];

export default defineConfig(
  {
    // Decorators on functions and the runtime's shims are not TypeScript; the API's types are generated.
    ignores: ["build/", "assembly/host/abi.ts", "assembly/compat/", "src/api/generated.ts"],
  },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["contract/**/*.ts", "src/**/*.ts", "tests/**/*.ts", "scripts/**/*.ts", "bench/**/*.ts"],
    ignores: assemblyScript,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      ...sizes,
      ...plainMistakes,
      // An interface's `report(…)` is a function in a field as often as a method.
      "@typescript-eslint/unbound-method": "off",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [{ from: "package", package: "node:test", name: testFunctions }],
        },
      ],
    },
  },
  {
    files: assemblyScript,
    languageOptions: { parser: tseslint.parser },
    plugins: { "@typescript-eslint": tseslint.plugin },
    rules: {
      ...sizes,
      "no-var": "error",
      "prefer-const": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-restricted-syntax": [
        "error",
        { selector: "ThrowStatement", message: "A trap ends the VM for all of its streams." },
      ],
    },
  },
  {
    files: ["src/**/*.ts"],
    ignores: ["src/cli/terminal.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        ...[
          "MemberExpression[object.name='console']",
          "MemberExpression[property.name='write'][object.property.name=/^std(out|err)$/]",
        ].map((selector) => ({
          selector,
          message: "src/cli/terminal.ts writes: a terminal must not obey what a text holds.",
        })),
      ],
    },
  },
  { files: ["tests/**", "bench/**"], rules: { "@typescript-eslint/no-non-null-assertion": "off" } },
  // A `describe` holds a whole file.
  { files: ["tests/wasm/**/*.ts"], rules: { "max-lines-per-function": "off" } },
  {
    files: ["**/*.{js,mjs}"],
    rules: { ...sizes, ...plainMistakes, "no-unused-vars": "error" },
  },
  layers,
);
