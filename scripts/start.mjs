// `npm start`: runs the quickstart on a real Envoy, with the mock provider unless API_KEY is set.
// Makes one sample request, and then prints a line for each request until Ctrl-C.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const cli = new URL("../build/llm-egress.mjs", import.meta.url).pathname;
const address = "127.0.0.1:10000";
const host = "dashscope.aliyuncs.com";
const body = '{"messages":[{"role":"user","content":"hi"}]}';

const children = [];
let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stop(0));

const env = { ...process.env };
const options = ["--listen", address];
if (!env.API_KEY) {
  env.API_KEY = "sk-mock";
  const mock = start(["mock", "--port", "0", "--api-key", env.API_KEY]);
  const url = await lineWith(mock, /listens on (\S+)/);
  options.push("--upstream", `${host}=${url}`);
  console.log(`API_KEY is not set, so a mock provider at ${url} answers.`);
}
const gateway = start(["run", ...options, "examples/quickstart"]);
await lineWith(gateway, /listens on (\S+)/);
// From here on, the table of requests is printed.
gateway.lines.on("line", (line) => console.log(line));

console.log(
  `\nApplications call http://${host} with only \`messages\`, and have no key. Try it:\n`,
);
console.log(`  curl http://${address}/ -H 'Host: ${host}' -d '${body}'\n`);
const answer = await fetch(`http://${address}/v1/chat/completions`, { method: "POST", body });
console.log(`${await answer.text()}\n`);
console.log(
  `An OpenAI client works with OPENAI_BASE_URL=http://${address}/v1. Ctrl-C stops everything.\n`,
);

function start(args) {
  const child = spawn(process.execPath, [cli, ...args], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.lines = createInterface({ input: child.stdout });
  child.on("exit", (code) => stop(code ?? 1));
  children.push(child);
  return child;
}

// The match of the pattern's group in the next line that matches.
async function lineWith(child, pattern) {
  for (;;) {
    const [line] = await once(child.lines, "line");
    const match = pattern.exec(line);
    if (match) return match[1];
  }
}

// If one process ends, the others are stopped. This process ends after them.
function stop(code) {
  if (isStopping) return;
  isStopping = true;
  process.exitCode = code;
  for (const child of children) child.kill("SIGTERM");
}
