// A lab for as long as some work takes, taken apart however the work ends: done, failed, or interrupted by a signal.
import { type Lab, type LabOptions, labUp } from "./lab.ts";
import type { LabSpec } from "./lab-spec.ts";
import { enter, isInterrupted, leave, type Tenancy } from "./tenancy.ts";

/**
 * Makes a lab, does `body` with it and takes it apart: when the body ends, fails, or the process gets SIGINT, SIGTERM or SIGHUP
 * (the process then ends with 128 + the signal's number, when all its labs are gone). `body` gets an AbortSignal that fires on such a signal.
 * With `keep` the lab stays after the body, also one that failed; a signal takes it apart all the same.
 */
export async function withLab<Result>(
  spec: LabSpec,
  options: Omit<LabOptions, "signal">,
  body: (lab: Lab, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const { keep = false, ...others } = options;
  // While it is being made the lab is in labUp's care.
  const lab = await labUp(spec, others);
  const controller = new AbortController();
  const tenancy: Tenancy = {
    name: spec.name,
    abort: (reason) => controller.abort(reason),
    end: () => lab.down(),
  };
  enter(tenancy);
  try {
    return await body(lab, controller.signal);
  } finally {
    try {
      if (!isInterrupted()) await (keep ? lab.keep(true) : lab.down());
    } finally {
      await leave(tenancy);
    }
  }
}
