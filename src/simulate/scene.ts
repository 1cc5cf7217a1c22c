// A scene: a site, a world of it, and who listens. Rule: whatever happens is told in values that cost nothing to make, since a search tells nobody.

import type { InstanceState, Transition } from "../vrrp/index.ts";
import type { Site } from "./site.ts";
import type { World } from "./world.ts";

/** What is told as it happens. */
export type Note =
  /** An instance took a line of the state machine's table. */
  | {
      readonly kind: "step";
      readonly node: number;
      readonly instance: number;
      readonly before: InstanceState;
      readonly after: InstanceState;
      readonly transition: Transition | undefined;
      /** Who sent the advert that did it. */
      readonly from?: number;
    }
  | {
      readonly kind: "priority";
      readonly node: number;
      readonly instance: number;
      readonly before: number;
      readonly after: number;
    }
  | { readonly kind: "holds"; readonly node: number; readonly instance: number; readonly holds: boolean }
  | {
      readonly kind: "refused";
      readonly node: number;
      readonly instance: number;
      readonly from: number;
      readonly why: string;
    }
  | {
      readonly kind: "check";
      readonly node: number;
      readonly check: number;
      readonly result: "pass" | "fail";
      readonly verdict: string;
      /** keepalived's counter after it: `rise + fall - 1` less one for each failure in a row, until the last of `fall` sets it to 0. */
      readonly counter: number;
    }
  | { readonly kind: "file"; readonly node: number; readonly file: number; readonly value: number }
  | { readonly kind: "haproxy"; readonly node: number; readonly state: string }
  | { readonly kind: "daemon"; readonly node: number; readonly state: string }
  | { readonly kind: "machine"; readonly node: number; readonly state: string }
  | { readonly kind: "neighbours"; readonly router: number; readonly node: number }
  /** Planned work, connections and agents: a sentence each, with the names of nodes in it. */
  | { readonly kind: "work"; readonly node: number; readonly text: string };

export interface Scene {
  readonly site: Site;
  readonly world: World;
  /** Called with every note, at the world's time; absent: nobody listens. */
  readonly tell?: (note: Note) => void;
  /** Called when everything that is due at one time has happened; absent: nobody watches. */
  readonly settled?: () => void;
  /** Agents look and beat also where that changes nothing: what comes of it has to be the same. */
  readonly agentsNeverRest?: boolean;
}

/** Tells a sentence about a node, which begins with its name. */
export function tellOf({ site, tell }: Scene, node: number, text: string): void {
  tell?.({ kind: "work", node, text: `${site.nodes[node]!.name}${text.startsWith("'") ? "" : " "}${text}` });
}
