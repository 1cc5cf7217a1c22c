// The one place where the harness meets the simulator.

import { HapairError } from "../../../src/base/index.ts";
import type { FidelityCase, KeepalivedVersion, Performed, Prediction } from "./case.ts";

/**
 * What the simulator says of a case. Without `performed` events happen at their planned times and a daemon is ready at once: good enough to tell
 * whether the order of two things hangs on a moment. With it, each event happens when it really did, and a daemon is ready when it really was.
 */
export function predict(
  fidelityCase: FidelityCase,
  _version: KeepalivedVersion,
  _performed?: readonly Performed[],
): Prediction {
  throw new HapairError({
    kind: "usage",
    code: "fidelity-no-simulator",
    message: `the simulator is not wired in yet (case ${fidelityCase.index})`,
    hint: "Run with --real-only to see the real half alone.",
  });
}
