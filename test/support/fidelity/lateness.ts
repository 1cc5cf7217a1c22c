// How late a timer of this process is, all the time: what anything that runs beside it may have waited for a processor, and what its own reading of the
// clock is late by.

const STEP_MS = 5;
/** Of the last half hour. */
const SAMPLES_MAX = 400_000;

export interface LatenessMeter {
  /** The largest lateness between two moments of this process's monotonic clock, in microseconds. */
  largestUs(fromUs: number, toUs: number): number;
  stop(): void;
}

interface Sample {
  readonly atUs: number;
  readonly lateUs: number;
}

/** This process's monotonic clock. */
export function nowUs(): number {
  return Math.round(performance.now() * 1000);
}

export function measureLateness(): LatenessMeter {
  let samples: Sample[] = [];
  let dueUs = nowUs() + STEP_MS * 1000;
  let timer = setTimeout(sample, STEP_MS);
  function sample(): void {
    const atUs = nowUs();
    samples.push({ atUs, lateUs: Math.max(0, atUs - dueUs) });
    if (samples.length > SAMPLES_MAX) samples = samples.slice(SAMPLES_MAX / 2);
    dueUs = atUs + STEP_MS * 1000;
    timer = setTimeout(sample, STEP_MS);
  }
  return {
    largestUs: (fromUs, toUs) =>
      samples
        .filter(({ atUs, lateUs }) => atUs >= fromUs && atUs - lateUs <= toUs)
        .reduce((largest, { lateUs }) => Math.max(largest, lateUs), 0),
    stop: () => clearTimeout(timer),
  };
}
