// `npm start`: runs the quickstart on a real Envoy, with a mock provider unless DASHSCOPE_API_KEY
// is set. Makes one sample request, and then prints a line for each request until it is stopped.
// The options of `llm-egress run` can be given: `npm start -- --listen 127.0.0.1:9000`.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const host = "dashscope.aliyuncs.com";
const variable = "DASHSCOPE_API_KEY";
const usualPort = 10000;
const body = '{"messages":[{"role":"user","content":"hi"}]}';
const words = process.argv.slice(2);
const has = (option) => words.some((word) => word === option || word.startsWith(`${option}=`));

const children = [];
let isStopping = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop(0));
// The reader of a pipe may close it, and a terminal may go away.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => stop(0));
stopWithParent(process.ppid);

const env = { ...process.env };
try {
  await serve();
} catch (error) {
  console.error(`npm start: ${error.message}`);
  stop(1);
}

async function serve() {
  const listen = has("--listen") ? [] : ["--listen", await freeAddress()];
  const upstream = await chooseProvider();
  const gateway = start(["run", ...listen, ...upstream, ...words, here("examples/quickstart")]);
  const url = await gateway.said(/^llm-egress listens on (\S+)/);
  if (url !== undefined) await showRequest(url.replace("//0.0.0.0:", "//127.0.0.1:"));
}

// Says who answers and who pays, before any request is made.
async function chooseProvider() {
  if (has("--upstream")) {
    console.log("Requests go to the address that --upstream gives.");
    return [];
  }
  if (env[variable]?.trim()) {
    console.log(`Requests go to the real provider, https://${host}, with the key of ${variable}.`);
    console.log("The key's owner is billed for each of them. The first one is a sample: one word.");
    return [];
  }
  env[variable] = "sk-mock";
  const mock = start(["mock", "--port", "0", "--api-key", env[variable]]);
  const url = await mock.said(/listens on (\S+)/);
  console.log(`${variable} is not set: a mock provider at ${url} answers. Nothing is billed.`);
  return ["--upstream", `${host}=${url}`];
}

async function showRequest(url) {
  console.log(
    `\nApplications call http://${host} with only \`messages\`, and have no key. Try it:\n`,
  );
  console.log(`  curl ${url}/ -H 'Host: ${host}' -d '${body}'\n`);
  const answer = await fetch(`${url}/v1/chat/completions`, { method: "POST", body });
  console.log(`${await answer.text()}\n`);
  console.log(`An OpenAI client works with OPENAI_BASE_URL=${url}/v1. Ctrl-C stops everything.\n`);
}

// The usual address, or the next one whose port is free.
async function freeAddress() {
  let port = usualPort;
  while (!(await isFree(port))) port += 1;
  if (port !== usualPort) {
    console.log(`Port ${usualPort} is in use. This is port ${port}; --listen chooses another.`);
  }
  return `127.0.0.1:${port}`;
}

function isFree(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error) => (error.code === "EADDRINUSE" ? resolve(false) : reject(error)));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

// The channel tells the child when this process is gone, however it ended.
function start(args) {
  const stdio = ["ignore", "pipe", "inherit", "ipc"];
  const child = spawn(process.execPath, [here("build/llm-egress.mjs"), ...args], { env, stdio });
  const waiting = new Set();
  createInterface({ input: child.stdout }).on("line", (line) => {
    let isTaken = false;
    for (const take of waiting) isTaken = take(line) || isTaken;
    if (!isTaken) console.log(line);
  });
  child.on("exit", (code) => stop(code ?? 1));
  children.push(child);
  // The pattern's group in the first line that matches; undefined if the child ends before.
  const said = (pattern) =>
    new Promise((resolve) => {
      const take = (line) => {
        const match = pattern.exec(line);
        if (match === null) return false;
        waiting.delete(take);
        resolve(match[1]);
        return true;
      };
      waiting.add(take);
      child.on("exit", () => resolve(undefined));
    });
  return { said };
}

// If npm is killed, nobody passes a signal on, and this process gets another parent. `exec` in
// package.json makes npm the parent, and not a shell that npm leaves alone.
function stopWithParent(parent) {
  const timer = setInterval(() => {
    if (process.ppid !== parent) stop(0);
  }, 500);
  timer.unref();
}

// If one process ends, the others are stopped. This process ends after them.
function stop(code) {
  if (isStopping) return;
  isStopping = true;
  process.exitCode = code;
  for (const child of children) child.kill("SIGTERM");
}
