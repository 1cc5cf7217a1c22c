// Crash points of switch and maintenance on real hosts: some of them, by a seed that is printed; `npm run soak -- --crash-points` tries them all.

import { afterAll, beforeAll, expect, test } from "vitest";
import { seededRandom } from "../fuzz/random.ts";
import { crashSite, type CrashSite } from "../support/crash-site.ts";
import { buildIfMissing } from "../support/hapair-command.ts";
import { crashAt, type CrashPoint, crashPoints, pointName, type Strike } from "../support/move-crash.ts";

const STRIKES: readonly Strike[] = ["operator-killed", "power-cut", "cable-cut"];
const seed = Number(process.env["HAPAIR_CRASH_SEED"] ?? Date.now() % 1_000_000);

/** One point of each strike; those of a switch without a drain have a limit that cannot be brought forward. */
function someOf(points: readonly CrashPoint[]): CrashPoint[] {
  const random = seededRandom(seed);
  return STRIKES.map((strike) => random.pick(points.filter((point) => point.strike === strike)));
}

let site: CrashSite | undefined;
beforeAll(async () => {
  buildIfMissing();
  site = await crashSite("hpcrash", "classic");
});
afterAll(() => site?.down());

const points = someOf(crashPoints("classic").filter(({ operation }) => operation !== "undrained"));
test.each(points.map((point) => [pointName(point), point] as const))(
  `%s (HAPAIR_CRASH_SEED=${seed}): one holder and nothing left over`,
  async (_, point) => {
    if (site === undefined) throw new Error("there is no lab");
    const { violations } = await crashAt(site, point, { hurried: true });
    expect(violations).toEqual([]);
  },
);
