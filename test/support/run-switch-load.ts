// The load of a switchover, or its servers, as a process for a lab's client. What is said is a JSON line each: ready, news once a second, figures at the end.
// Lines on standard input: `phase NAME` begins a phase, `end` ends the load; the end of the input ends it at once, so that nothing is left when the test is gone.

import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { startLoadClient } from "./switch-load-client.ts";
import { startLoadServer } from "./switch-load-server.ts";
import type { LoadSettings } from "./switch-load-settings.ts";

const NEWS_EVERY_MS = 1_000;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    address: { type: "string", default: "127.0.0.1" },
    "echo-port": { type: "string", default: "0" },
    "web-port": { type: "string", default: "0" },
    settings: { type: "string", default: "{}" },
    phase: { type: "string", default: "quiet" },
  },
});

function say(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

const input = createInterface({ input: process.stdin });

async function serve(): Promise<void> {
  const server = await startLoadServer({
    address: values.address,
    echoPort: Number(values["echo-port"]),
    webPort: Number(values["web-port"]),
  });
  say({ kind: "ready", echoPort: server.echoPort, webPort: server.webPort });
  for await (const line of input) if (line === "end") break;
  const { user, system } = process.cpuUsage();
  say({ kind: "ended", cpuS: (user + system) / 1_000_000 });
  await server.stop();
}

async function load(): Promise<void> {
  const running = startLoadClient(JSON.parse(values.settings) as LoadSettings, values.phase);
  say({ kind: "ready" });
  const news = setInterval(() => say({ kind: "news", ...running.book.glance() }), NEWS_EVERY_MS);
  for await (const line of input) {
    if (line === "end") {
      say({ kind: "figures", figures: await running.end() });
      break;
    }
    const [word, ...name] = line.split(" ");
    if (word === "phase") running.phase(name.join(" "));
  }
  clearInterval(news);
}

await (positionals[0] === "server" ? serve() : load());
process.exit(0);
