// Whether a node could take the VIP over now, and if not, why, in words. Plain inputs; what is not known makes nobody fit and nobody unfit.

/** What fitness looks at. An absent value is not known (yet). */
export interface NodeCondition {
  readonly instances: readonly InstanceCondition[];
  /** Text of the watched files that others write; keepalived takes a missing one for 0. The agent's own, `traffic`, is not asked: it is the opinion. */
  readonly watched: { readonly process?: string; readonly hold?: string };
  /** HAProxy's health address, as keepalived's check asks it. */
  readonly health?: "ok" | "slow" | "silent";
  readonly maintenance?: boolean;
}

/** One router on the node. */
export interface InstanceCondition {
  readonly router: string;
  /** keepalived's state. */
  readonly state?: "MASTER" | "BACKUP" | "FAULT" | "STOPPED";
  /** Whether keepalived takes the peers' adverts. A holder hears none, and a BACKUP that heard none would be MASTER: not known is no objection. */
  readonly adverts?: "accepted" | "refused";
}

/** `reasons`: why it is unfit, or what is not known; empty when it is fit. */
export interface Fitness {
  readonly fit: "yes" | "no" | "unknown";
  readonly reasons: readonly string[];
}

/** The verdict on a node. A reason against it outweighs everything that is not known. */
export function fitnessOf(node: NodeCondition): Fitness {
  const against = [
    ...node.instances.flatMap(instanceObjections),
    ...watchedObjection("process", node.watched.process),
    ...watchedObjection("hold", node.watched.hold),
    ...(node.health === "silent" ? ["HAProxy's health address does not answer"] : []),
    ...(node.maintenance === true ? ["it is held for maintenance"] : []),
  ];
  if (against.length > 0) return { fit: "no", reasons: against };
  const unknown = [
    ...(node.instances.length === 0 ? ["no router is known"] : []),
    ...node.instances
      .filter((instance) => instance.state === undefined)
      .map((instance) => `keepalived's state of ${instance.router} is not known`),
    ...(node.watched.process === undefined ? ["the watched file process is not known"] : []),
    ...(node.watched.hold === undefined ? ["the watched file hold is not known"] : []),
    ...(node.health === undefined ? ["HAProxy's health address has not been asked"] : []),
    ...(node.maintenance === undefined ? ["whether it is held for maintenance is not known"] : []),
  ];
  return { fit: unknown.length > 0 ? "unknown" : "yes", reasons: unknown };
}

function instanceObjections({ router, state, adverts }: InstanceCondition): string[] {
  return [
    ...(state === "FAULT" || state === "STOPPED" ? [`keepalived's ${router} is ${state}`] : []),
    ...(adverts === "refused" ? [`keepalived's ${router} refuses its peers' adverts`] : []),
  ];
}

function watchedObjection(name: string, text: string | undefined): string[] {
  return text === undefined || meansZero(text) ? [] : [`the watched file ${name} says ${text.trim()}`];
}

/** keepalived reads the first number of the text as strtol does, in base 0; no number, or no file, is 0 (reference: track_file). */
function meansZero(text: string): boolean {
  const [, digits] = /^\s*[+-]?(0[xX][0-9a-fA-F]+|\d+)/.exec(text) ?? [];
  return digits === undefined || /^0[xX]?0*$/.test(digits) || /^0+[89]/.test(digits);
}
