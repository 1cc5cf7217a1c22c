// npm run bench:drain-path: what the way over two nodes costs while the old one drains, on connections that are open: the round trip of a small message, and
// the rate of a download. Needs root, the built command line and an otherwise idle machine. Ratios carry over to other machines, figures do not.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { SWITCH_VIP, withSwitchSite } from "../test/support/switch-site.ts";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "5" }, profile: { type: "string", default: "fast" } },
});

interface Measured {
  readonly name: string;
  readonly medianUs: number;
  readonly p99Us: number;
  readonly bytesPerS: number;
}

const client = new URL("../test/support/run-drain-path.ts", import.meta.url).pathname;
const profile = values.profile === "classic" ? "classic" : "fast";

await withSwitchSite({ base: "drain-path", profile }, async (site, signal) => {
  // The load's own servers are the back ends; a load of next to nothing starts them.
  const load = await site.startLoad({
    newRequestsPerS: 0,
    tcp: { connections: 1, messagesPerS: 1 },
    websocket: { connections: 0, messagesPerS: 1, tls: false },
    kept: { http1: 0, http2: 0, requestsPerS: 1, livesS: [1, 40] },
    polls: { count: 0, seconds: 1 },
    download: { bytes: 0, bytesPerS: 1, repeat: false },
    upload: { bytes: 0, bytesPerS: 1, repeat: false },
  });
  const ratios: { roundTrip: number; rate: number }[] = [];
  try {
    for (let run = 1; run <= Number(values.runs); run += 1) {
      signal.throwIfAborted();
      await site.redundant();
      const [program = "", ...prefix] = site.lab.commandPrefix;
      const child = spawn(program, [...prefix, process.execPath, "--import", "tsx", client, SWITCH_VIP], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const next = async (): Promise<Measured> => JSON.parse(String((await lines.next()).value)) as Measured;
      await next();
      child.stdin.write("direct\n");
      const direct = await next();
      const holder = await site.holder();
      const switching = site.hapair("switch", "--drain", "40s", "--ask", "never", "--yes", "--json");
      while ((await site.holder()) === holder) signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, 3000));
      child.stdin.write("drained\n");
      const drained = await next();
      child.stdin.end();
      await switching;
      ratios.push({
        roundTrip: drained.medianUs / direct.medianUs,
        rate: drained.bytesPerS / direct.bytesPerS,
      });
      for (const { name, medianUs, p99Us, bytesPerS } of [direct, drained])
        process.stdout.write(
          `run ${run}  ${name.padEnd(8)} round trip median ${medianUs} us, p99 ${p99Us} us; download ${(bytesPerS / 1e6).toFixed(0)} MB/s\n`,
        );
    }
  } finally {
    load.kill();
  }
  const median = (of: (one: (typeof ratios)[number]) => number): string =>
    (
      ratios.map(of).toSorted((one, other) => one - other)[Math.floor(ratios.length / 2)] ?? Number.NaN
    ).toFixed(2);
  process.stdout.write(
    `drained / direct, median of ${ratios.length}: round trip ${median(({ roundTrip }) => roundTrip)}, download ${median(({ rate }) => rate)}\n`,
  );
});
