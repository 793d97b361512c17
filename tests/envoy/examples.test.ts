// Runs the commands in the READMEs of the examples that need no mesh, and compares the output with
// the README.
import { test } from "node:test";
import { freePort } from "../support/ports.ts";
import { assertShown, exampleNames, readSteps, type Step } from "../support/readme.ts";
import { runInShell, type Shell, startInShell } from "../support/shell.ts";

// The program is not installed, and its default ports may be taken. `run` and the mock use other
// ports, and the output is compared as if they were the default ones.
const functions = `
  llm-egress() {
    if [ "$1" = run ]; then shift; set -- run --listen 127.0.0.1:$LISTEN "$@"; fi
    node build/llm-egress.mjs "$@"
  }
  npx() { "$@"; }
`;
const usualPorts = { LISTEN: "10000", ADMIN: "9901", MOCK: "8081" };

for (const example of exampleNames()) {
  const steps = readSteps(example, "machine");
  if (steps.length === 0) continue;
  test(`examples/${example} works without a mesh as its README shows`, async () => {
    const ports = await freePorts();
    const shell: Shell = { functions, env: ports };
    const stops: (() => Promise<void>)[] = [];
    try {
      for (const step of steps) {
        const { command, output } = swapPorts(step, usualPorts, ports);
        // These two commands do not end. Each has its own terminal.
        if (/\bllm-egress (?:mock|run)\b/.test(command)) {
          stops.unshift(await startInShell(shell, command, output));
        } else {
          assertShown({ command, output }, await runInShell(shell, command));
        }
      }
    } finally {
      for (const stop of stops) await stop();
    }
  });
}

type Ports = typeof usualPorts;

async function freePorts(): Promise<Ports> {
  const [LISTEN, ADMIN, MOCK] = [await freePort(), await freePort(), await freePort()].map(String);
  return { LISTEN: LISTEN!, ADMIN: ADMIN!, MOCK: MOCK! };
}

function swapPorts({ command, output }: Step, from: Ports, to: Ports): Step {
  const swap = (text: string) =>
    Object.entries(from).reduce(
      (result, [name, port]) => result.replaceAll(`:${port}`, `:${to[name as keyof Ports]}`),
      text.replaceAll(`--port ${from.MOCK}`, `--port ${to.MOCK}`),
    );
  return { command: swap(command), output: swap(output) };
}
