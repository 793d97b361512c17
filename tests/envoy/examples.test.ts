// The READMEs of the examples, as far as they need no mesh: each command is run, and prints what is shown.
import { test } from "node:test";
import { freePort } from "../support/ports.ts";
import { assertShown, exampleNames, readSteps, type Step } from "../support/readme.ts";
import { runInShell, type Shell, startInShell } from "../support/shell.ts";

// The program has not been installed, and its usual ports may be taken: `run` and the mock get others, and what is printed is read as if
// they were the usual ones.
const functions = `
  llm-egress() {
    if [ "$1" = run ]; then shift; set -- run --listen 127.0.0.1:$LISTEN --admin 127.0.0.1:$ADMIN "$@"; fi
    node build/llm-egress.mjs "$@"
  }
  npx() { "$@"; }
`;
const usualPorts = { LISTEN: "10000", ADMIN: "9901", MOCK: "8081" };

for (const example of exampleNames()) {
  const steps = readSteps(example, "machine");
  if (steps.length === 0) continue;
  test(`examples/${example} does without a mesh what its README shows`, async () => {
    const ports = await freePorts();
    const shell: Shell = { functions, env: ports };
    const stops: (() => Promise<void>)[] = [];
    try {
      for (const step of steps) {
        const { command, output } = swapPorts(step, usualPorts, ports);
        // These two don't end: each has a terminal of its own.
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
