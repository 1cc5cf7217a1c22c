// Planned work in the simulation: switch, maintenance and roll. (Wired in below.)

import type { Happening } from "../scenario/index.ts";
import type { WorkKind } from "./happenings.ts";
import type { Scene } from "./scene.ts";

export type Work = Extract<Happening, { readonly kind: WorkKind }>;

const kinds: ReadonlySet<string> = new Set<WorkKind>([
  "switch",
  "maintenance-on",
  "maintenance-off",
  "roll",
  "mend-switch",
]);

export function isWork(action: Happening): action is Work {
  return kinds.has(action.kind);
}

export function beginWork(scene: Scene, node: number, work: Work): void {
  scene.tell?.({ kind: "work", node, text: work.kind });
}

export function stopWork(_scene: Scene): void {}
