// A scenario with times: what happens to which node when, as a person writes it down, the simulator plays it, a counterexample is told, and a drill
// repeats it on real daemons.
// Rule: times are integer microseconds from the beginning; nothing here knows what follows from an event.

import type { Action, Target } from "./scenario.ts";

/** What a simulation and the fidelity harness can do to a node, beyond a drill's actions. */
export type Happening =
  | Action
  /** keepalived is told to read its file again (SIGHUP); `config`: another file than before, by the name it was given under. */
  | { readonly kind: "reload"; readonly config?: string }
  /** SIGKILL to keepalived's VRRP child alone (its parent starts another), or to the parent alone (the child says goodbye). */
  | { readonly kind: "kill-keepalived"; readonly process: "child" | "parent" }
  /** From its next run on a vrrp_script fails, hangs until its time is over, or passes again. */
  | { readonly kind: "fail-check" | "hang-check" | "pass-check"; readonly check: string }
  /** A watched file (by the name of its track_file block) gets this content. */
  | { readonly kind: "write-file"; readonly file: string; readonly value: number }
  /** Everything this node sends and gets is lost on the way; its link stays up. */
  | { readonly kind: "isolate" }
  | { readonly kind: "rejoin" }
  /** Every packet from and to this node takes this long. */
  | { readonly kind: "delay-link"; readonly delayMs: number };

export type HappeningKind = Happening["kind"];

/** One thing that happens at one time. */
export interface TimedEvent {
  readonly atUs: number;
  readonly action: Happening;
  /** A node by name, or by what it is at that moment. */
  readonly on: Target | { readonly node: string };
}

/** A story from its beginning (the pair has run undisturbed for long) to `lengthUs`. */
export interface TimedScenario {
  readonly name: string;
  readonly title: string;
  readonly lengthUs: number;
  /** In the order of their times. */
  readonly events: readonly TimedEvent[];
}
