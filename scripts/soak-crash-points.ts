// The crash points of switch and maintenance, all of them: at each step the operator killed, each node's power cut, each node's cable cut for a moment.
// A lab of its own per profile; one line a point as it is done, and a table of what was found. Takes about forty minutes a profile.

import { type CrashOutcome, crashAt, crashPoints, pointName } from "../test/support/move-crash.ts";
import { crashSite } from "../test/support/crash-site.ts";
import { buildIfMissing } from "../test/support/hapair-command.ts";

type Profile = "classic" | "fast";
const PROFILES: readonly Profile[] = ["classic", "fast"];

/** Words: --profile NAME for one profile alone, --only TEXT for points whose names contain it, --hurried to bring the nodes' own
 * time limits forward once they are seen, instead of waiting for them. Gives the exit code. */
export async function soakCrashPoints(words: readonly string[]): Promise<number> {
  buildIfMissing();
  const after = (flag: string): string | undefined => {
    const at = words.indexOf(flag);
    return at === -1 ? undefined : words[at + 1];
  };
  const wanted = after("--profile");
  const profiles = PROFILES.filter((profile) => wanted === undefined || profile === wanted);
  if (profiles.length === 0) throw new Error(`--profile is one of ${PROFILES.join(", ")}`);
  let violations = 0;
  for (const profile of profiles) {
    const outcomes = await allPoints(profile, after("--only") ?? "", words.includes("--hurried"));
    process.stdout.write(`${table(profile, outcomes)}\n`);
    violations += outcomes.filter((outcome) => outcome.violations.length > 0).length;
  }
  return violations === 0 ? 0 : 1;
}

async function allPoints(profile: Profile, only: string, hurried: boolean): Promise<CrashOutcome[]> {
  const points = crashPoints(profile).filter((point) => pointName(point).includes(only));
  const site = await crashSite("crashpoints", profile);
  const outcomes: CrashOutcome[] = [];
  try {
    for (const point of points) {
      const outcome = await crashAt(site, point, { hurried });
      outcomes.push(outcome);
      const { violations, settledMs } = outcome;
      const said = violations.length === 0 ? "as before" : `VIOLATED\n    ${violations.join("\n    ")}`;
      process.stdout.write(
        `${profile} ${outcomes.length}/${points.length}  ${pointName(point)}  ${(settledMs / 1000).toFixed(1)} s  ${said}\n`,
      );
    }
  } finally {
    await site.down();
  }
  return outcomes;
}

/** Points and violations by operation and strike. */
function table(profile: Profile, outcomes: readonly CrashOutcome[]): string {
  const rows = new Map<string, { points: number; violated: number; slowestMs: number }>();
  for (const { point, violations, settledMs } of outcomes) {
    const key = `${point.operation.padEnd(12)} ${point.strike}${point.role === undefined ? "" : ` ${point.role}`}`;
    const row = rows.get(key) ?? { points: 0, violated: 0, slowestMs: 0 };
    row.points += 1;
    if (violations.length > 0) row.violated += 1;
    row.slowestMs = Math.max(row.slowestMs, settledMs);
    rows.set(key, row);
  }
  const lines = [...rows].map(
    ([key, { points, violated, slowestMs }]) =>
      `  ${key.padEnd(36)}${String(points).padStart(8)}${String(violated).padStart(12)}${`${(slowestMs / 1000).toFixed(0)} s`.padStart(14)}`,
  );
  const violated = outcomes.filter(({ violations }) => violations.length > 0).length;
  const head = `  ${profile.padEnd(36)}${"points".padStart(8)}${"violations".padStart(12)}${"settled by".padStart(14)}`;
  return [head, ...lines, `  ${outcomes.length} points, ${violated} with violations`].join("\n");
}
