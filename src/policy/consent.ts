// Whether one node may give up in favour of another: the other is strictly better off, fit, and has not given up itself. One function for who asks, who grants and who holds on.

import { type Decision, gradeIn, type Standing } from "./decision.ts";
import { isWorse, type Reading } from "./traffic.ts";

/** What one node's standing says to another's giving up. "unknown" speaks neither for it nor against it. */
export type Consent =
  | {
      readonly verdict: "yes";
      /** The first rule for which the taker is better, and both grades of it. */
      readonly rule: string;
      readonly giver: Reading;
      readonly taker: Reading;
    }
  | { readonly verdict: "no" | "unknown"; readonly why: string };

/**
 * Whether `taker` consents to `giver`'s giving up, as far as these two say.
 * Strictly better: better for one moving rule at least, and worse for none; an unknown grade is neither. `why` calls the taker "it".
 */
export function consentOf(
  giver: Pick<Standing, "grades">,
  taker: Pick<Decision, "fit" | "grades" | "givenUp">,
): Consent {
  if (taker.givenUp) return { verdict: "no", why: "it has given up itself" };
  if (taker.fit === "no") return { verdict: "no", why: "it is not fit" };
  const rules = [...new Set([...Object.keys(giver.grades), ...Object.keys(taker.grades)])].map((rule) => ({
    rule,
    giver: gradeIn(giver, rule),
    taker: gradeIn(taker, rule),
  }));
  const worse = rules.find((one) => isWorse(one.taker, one.giver));
  if (worse !== undefined) return { verdict: "no", why: `it is worse for ${worse.rule} (${worse.taker})` };
  const better = rules.find((one) => isWorse(one.giver, one.taker));
  if (better === undefined) {
    const open = rules.find(
      (one) => one.giver !== "whole" && (one.giver === "unknown" || one.taker === "unknown"),
    );
    return open === undefined
      ? { verdict: "no", why: "it is not better for any rule" }
      : { verdict: "unknown", why: `${open.rule} is not known` };
  }
  if (taker.fit === "unknown") return { verdict: "unknown", why: "whether it is fit is not known" };
  return { verdict: "yes", ...better };
}
