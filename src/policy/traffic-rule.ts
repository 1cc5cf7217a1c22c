// What a traffic rule asks, in plain values: the same shape that pair.yaml is read into, so that a rule passes from file to agent unchanged.

/** A limit on what HAProxy reports; `atLeast` and `atMost` are still whole. */
export type TrafficLimit =
  /** The process answers on its runtime socket. */
  | { readonly kind: "answering" }
  /** Every frontend accepts connections. */
  | { readonly kind: "frontends-open" }
  /** Servers of a back end that are up, counted. */
  | { readonly kind: "servers-up"; readonly backend: string; readonly atLeast: number }
  /** Requests that wait for a server. */
  | { readonly kind: "queue"; readonly backend: string; readonly atMost: number }
  /** Answers 5xx and failed connections, as a share of the requests since the last look but one; few requests say nothing. */
  | {
      readonly kind: "error-share";
      readonly backend: string;
      readonly atMost: number;
      readonly leastRequests: number;
    }
  /** Sessions of a frontend as a share of its limit. */
  | { readonly kind: "session-share"; readonly frontend: string; readonly atMost: number };

export interface TrafficRule {
  readonly name: string;
  readonly limit: TrafficLimit;
  /** false: it is told, and moves nothing. */
  readonly moves: boolean;
  /** Looks in a row before it counts as broken. */
  readonly fall: number;
  /** Looks in a row before it counts as whole again. */
  readonly rise: number;
}
