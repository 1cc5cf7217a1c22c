// Where clients are, during a move: the drill's prober runs at a gentle pace, the VIPs are asked once afterwards, and the neighbour table is read.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../base/index.ts";
import { type ProberProcess, startProber } from "../drill/index.ts";
import { prefixHost } from "../host/index.ts";
import { outages, type ProbeRecord, type ProbeTarget } from "../measure/index.ts";
import { type Pair, parseAddress } from "../model/index.ts";
import { clientProbeOn } from "../status/index.ts";
import {
  type ClientView,
  type Confirmation,
  hardwareAddresses,
  neighbourOf,
  type ProbeFigures,
  vipsAt,
} from "../switchover/index.ts";
import { hapairCommand, probeTarget } from "./drill-setup.ts";
import type { OpenHosts } from "./hosts.ts";

/** 50 requests a second, each allowed a second: enough to see a gap, and nothing that a service would notice. */
const PROBE_INTERVAL_US = 20_000;
const PROBE_TIME_LIMIT_US = 1_000_000;
/** Answers are waited for so long before it is said that this machine is no client. */
const FIRST_ANSWER_MS = 2000;

/** A client's view of the routers that move. `hardware` is read beforehand: after the move there is no time to lose. */
export async function openMoveClient(
  pair: Pair,
  routers: readonly string[],
  haproxyConfig: string,
  opened: OpenHosts,
): Promise<ClientView> {
  const folder = await mkdtemp(join(tmpdir(), "hapair-move-"));
  const router = pair.routers.find(({ name }) => routers.includes(name)) ?? pair.routers[0];
  const target = router === undefined ? undefined : targetOf(router, haproxyConfig);
  const prober = target === undefined ? undefined : await startAnswering(target, folder, opened);
  const client = prefixHost({ name: "client", prefix: [...opened.clientPrefix] });
  const hardware = new Map(
    await Promise.all(
      [...opened.hosts].map(
        async ([node, host]) =>
          [node, await hardwareAddresses(host).catch((): ReadonlyMap<string, string> => new Map())] as const,
      ),
    ),
  );
  let stopped: Promise<ProbeFigures | { readonly notMeasured: string }> | undefined;
  return {
    async confirm(holder) {
      const ask = clientProbeOn(client);
      const port = target?.port ?? 80;
      const moved = new Set(
        pair.routers
          .filter(({ name }) => routers.includes(name))
          .flatMap((one) => [...one.vips, ...one.excludedVips].map((vip) => vip.address.text)),
      );
      const vips = await Promise.all(
        vipsAt(pair, holder)
          .filter(({ address }) => moved.has(address))
          .map(async (vip): Promise<Confirmation["vips"][number]> => {
            const parsed = parseAddress(vip.address);
            if (parsed.kind !== "address")
              return { address: vip.address, answer: "not an address", answered: false };
            const { outcome, text } = await ask(parsed.address, port);
            const known = await neighbourOf(client, vip.address).catch(() => undefined);
            const expected = hardware.get(holder)?.get(vip.interface);
            return {
              address: vip.address,
              answer: text,
              answered: outcome === "answered",
              ...(known === undefined ? {} : { hardwareAddress: known }),
              ...(known === undefined || expected === undefined ? {} : { isHolders: known === expected }),
            };
          }),
      );
      return { vips };
    },
    async stop() {
      stopped ??= (async () => {
        const figures = await figuresOf(prober);
        await client.close();
        await rm(folder, { recursive: true, force: true });
        return figures;
      })();
      return await stopped;
    },
  };
}

function targetOf(router: Pair["routers"][number], haproxyConfig: string): ProbeTarget | undefined {
  try {
    return probeTarget(router, haproxyConfig);
  } catch {
    return undefined;
  }
}

async function startAnswering(
  target: ProbeTarget,
  folder: string,
  opened: OpenHosts,
): Promise<ProberProcess | { readonly notMeasured: string }> {
  const prober = startProber({
    target,
    outputFile: join(folder, "record.json"),
    commandPrefix: opened.clientPrefix,
    hapairCommand: hapairCommand(),
    intervalUs: PROBE_INTERVAL_US,
    timeLimitUs: PROBE_TIME_LIMIT_US,
  });
  try {
    await prober.ready;
    for (let waitedMs = 0; waitedMs < FIRST_ANSWER_MS; waitedMs += 50) {
      if (prober.live().answeringForMs > 100) return prober;
      await sleep(50);
    }
  } catch (failure) {
    return { notMeasured: messageOf(failure) };
  }
  await prober.stop().catch(() => undefined);
  return { notMeasured: `${target.address} port ${target.port} does not answer this machine` };
}

async function figuresOf(
  prober: ProberProcess | { readonly notMeasured: string } | undefined,
): Promise<ProbeFigures | { readonly notMeasured: string }> {
  if (prober === undefined) return { notMeasured: "haproxy.cfg has no listener that could be asked" };
  if ("notMeasured" in prober) return prober;
  try {
    return probeFigures(await prober.stop());
  } catch (failure) {
    return { notMeasured: messageOf(failure) };
  }
}

function probeFigures(record: ProbeRecord): ProbeFigures {
  const summary = outages(record);
  const slowestUs = Array.from(record.durationUs).reduce((most, each) => Math.max(most, each), 0);
  return {
    requests: summary.requests,
    lost: summary.lost,
    slowestMs: Math.round(slowestUs / 1000),
    longestGapMs: Math.round(summary.longestUs / 1000),
  };
}
