// What looks at HAProxy come to in a node's own standing: the grades it tells, and those that its last look no longer bears out.

import type { OwnStanding } from "./decision.ts";
import type { Fitness } from "./fitness.ts";
import { isReturning, type Reading, type RuleState, toldGrade } from "./traffic.ts";
import type { TrafficRule } from "./traffic-rule.ts";

/** What a rule has come to, and what the last look alone said. */
export interface RuleLook {
  readonly state: RuleState;
  readonly reading: Reading;
}

/** The standing by the rules that move; a rule that has not been looked at is not known. */
export function standingOf(
  fit: Fitness["fit"],
  rules: readonly Pick<TrafficRule, "name" | "moves">[],
  lookAt: (rule: string) => RuleLook | undefined,
): OwnStanding {
  const moving = rules.flatMap(({ name, moves }) => (moves ? [{ name, look: lookAt(name) }] : []));
  const returning = moving.flatMap(({ name, look }) =>
    look !== undefined && isReturning(look.state, look.reading) ? [name] : [],
  );
  return {
    fit,
    grades: Object.fromEntries(
      moving.map(({ name, look }) => [
        name,
        look === undefined ? "unknown" : toldGrade(look.state, look.reading),
      ]),
    ),
    ...(returning.length === 0 ? {} : { returning }),
  };
}
