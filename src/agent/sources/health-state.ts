// What health answers in a row come to: ok, slow, silent. Pure.

export interface HealthAnswer {
  /** Until the whole answer, or the failure. */
  readonly tookMs: number;
  /** HTTP status; 0: no answer within the time limit, or none at all. */
  readonly status: number;
}

export type HealthValue = "ok" | "slow" | "silent";

export interface HealthState {
  readonly value: HealthValue | undefined;
  /** Answers in a row that were slow. */
  readonly slow: number;
}

export const unseenHealth: HealthState = { value: undefined, slow: 0 };

/** So many slow answers in a row are slow; a single one is a busy moment. */
const SLOW_IN_A_ROW = 3;

/** The state after one more answer. As keepalived's check (`curl --fail`), a status of 400 and more is none. */
export function stepHealth(state: HealthState, answer: HealthAnswer, slowMs: number): HealthState {
  if (answer.status === 0 || answer.status >= 400) return { value: "silent", slow: 0 };
  if (answer.tookMs <= slowMs) return { value: "ok", slow: 0 };
  const slow = Math.min(state.slow + 1, SLOW_IN_A_ROW);
  if (slow >= SLOW_IN_A_ROW) return { value: "slow", slow };
  return { value: state.value === "slow" ? "slow" : "ok", slow };
}
