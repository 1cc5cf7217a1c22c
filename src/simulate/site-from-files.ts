// Nodes' configurations, as the daemon has read them, compiled into a site. Rule: what the daemon ignores is not there, what it defaults is, and what a
// file cannot say (what a check finds out, how units behave) is asked of the caller.

import {
  type KeepalivedConfiguration,
  type KeepalivedInstance,
  type KeepalivedScript,
  matchInstances,
  type TrackEntry,
} from "../keepalived/index.ts";
import { addressBytes, type IpAddress } from "../model/index.ts";
import {
  type Advertisement,
  behaviourOf,
  checksAddresses,
  describeDeafness,
  describeRefusal,
  NEVER,
  passwordBytes,
  receiveAdvertisement,
  type Receiver,
  type Reception,
} from "../vrrp/index.ts";
import { usualHabits } from "./habits.ts";
import type {
  CheckAsks,
  Habits,
  Hearing,
  Layout,
  Place,
  Ruling,
  Site,
  SiteAgents,
  SiteCheck,
  SiteInstance,
  SiteNode,
  SiteRouter,
  Watched,
} from "./site.ts";

/** How long and how often a check looks, where that is known better than from its vrrp_script block. */
export interface CheckNature {
  readonly asks: CheckAsks;
  readonly looksUs?: readonly number[];
  readonly lookUs?: number;
  readonly hangUs?: number;
}

export interface SiteNodeInput {
  readonly name: string;
  /** The node's own address; absent: what its configuration says its adverts come from. */
  readonly address?: IpAddress;
  /** The file it starts with. */
  readonly configuration: KeepalivedConfiguration;
  /** Further files that a reload may bring, by name. */
  readonly others?: ReadonlyMap<string, KeepalivedConfiguration>;
  readonly habits?: Habits;
  /** By name of the vrrp_script; absent: it asks whether the process is there. */
  readonly checks?: ReadonlyMap<string, CheckNature>;
  /** What the watched files hold after a boot, by name; absent: 0. */
  readonly files?: ReadonlyMap<string, number>;
  readonly writes?: SiteNode["writes"];
}

/** Compiles nodes that run `version` of keepalived. */
export function siteFromFiles(inputs: readonly SiteNodeInput[], version: string, agents?: SiteAgents): Site {
  const groups = routersOf(inputs);
  // A master whose adverts passed once is refused later only when a reload has given it another file.
  const canReload = inputs.some(({ others }) => others !== undefined && others.size > 0);
  const nodes = inputs.map((input): SiteNode => {
    const compiled = (name: string, configuration: KeepalivedConfiguration): Layout =>
      layoutOf(name, configuration, input, { version, groups, canReload });
    const others = [...(input.others ?? [])].map(([name, configuration]) => compiled(name, configuration));
    return {
      name: input.name,
      layouts: [compiled("", input.configuration), ...others],
      habits: input.habits ?? usualHabits,
      writes: input.writes ?? {},
    };
  });
  return {
    nodes,
    routers: groups.map((group) => routerOf(group, inputs)),
    version,
    skipsBusyScripts: behaviourOf(version).skipsBusyScripts,
    hearing: hearingOf(inputs, version),
    ...(agents === undefined ? {} : { agents }),
  };
}

/** Which instances of which nodes belong together. */
interface RouterGroup {
  readonly name: string;
  readonly members: readonly { readonly node: number; readonly instance: KeepalivedInstance }[];
}

function routersOf(inputs: readonly SiteNodeInput[]): readonly RouterGroup[] {
  const matched = matchInstances(inputs.map(({ configuration }, node) => ({ node, configuration })));
  return matched.map((members) => ({
    name: members[0]?.instance.name ?? "",
    members: members.map(({ node, instance }) => ({ node: node.node, instance })),
  }));
}

function routerOf({ name, members }: RouterGroup, inputs: readonly SiteNodeInput[]): SiteRouter {
  const byPriority = members.toSorted((left, right) => right.instance.priority - left.instance.priority);
  const rest = inputs
    .map((_input, index) => index)
    .filter((index) => !members.some(({ node }) => node === index));
  return {
    name,
    prefer: [...byPriority.map(({ node }) => node), ...rest],
    preempt: members.some(({ instance }) => !instance.nopreempt),
  };
}

/** The router an instance speaks for; one of a further file goes by its name. */
function routerIndex(instance: KeepalivedInstance, groups: readonly RouterGroup[]): number {
  const same = groups.findIndex(({ members }) => members.some((member) => member.instance === instance));
  if (same !== -1) return same;
  const named = groups.findIndex(({ members }) =>
    members.some(({ instance: other }) => other.name === instance.name && other.family === instance.family),
  );
  return Math.max(0, named);
}

/** What the layouts of all nodes have in common. */
interface Common {
  readonly version: string;
  readonly groups: readonly RouterGroup[];
  readonly canReload: boolean;
}

function layoutOf(
  name: string,
  configuration: KeepalivedConfiguration,
  input: SiteNodeInput,
  { version, groups, canReload }: Common,
): Layout {
  // What the daemon cannot run it drops.
  const instances = configuration.instances.filter(
    ({ virtualRouterId, interface: device }) => virtualRouterId !== undefined && device !== undefined,
  );
  const memberships = configuration.syncGroups.map(({ members }) =>
    members.flatMap((member) => {
      const index = instances.findIndex((instance) => instance.name === member.name);
      return index === -1 ? [] : [index];
    }),
  );
  const used = memberships.filter((places) => places.length > 0);
  const natures = input.checks ?? new Map<string, CheckNature>();
  return {
    name,
    groups: used,
    checks: configuration.scripts.map((script) => checkOf(script, natures.get(script.name))),
    files: configuration.trackFiles.map((file) => ({
      name: file.name,
      weight: file.weight,
      reverse: file.reverse,
      initial: input.files?.get(file.name) ?? 0,
    })),
    startupDelayUs: configuration.globals.startupDelayUs,
    instances: instances.map((instance, index): SiteInstance => {
      const group = used.findIndex((places) => places.includes(index));
      const syncGroup = configuration.syncGroups.find(({ members }) =>
        members.some((member) => member.name === instance.name),
      );
      return {
        name: instance.name,
        router: routerIndex(instance, groups),
        settings: {
          version: instance.version,
          priority: instance.priority,
          advertIntervalUs: instance.advertIntervalUs,
          downTimerAdverts: instance.downTimerAdverts,
          nopreempt: instance.nopreempt,
          preemptDelayUs:
            instance.state === "MASTER" || instance.nopreempt || instance.strict
              ? 0
              : instance.preemptDelayUs,
          startsAsOwner: instance.priority === 255 && instance.state === "MASTER",
          answersLowerPriority: instance.answersLowerPriority,
          answersHigherPriority: instance.answersHigherPriority,
          remembersMaster: instance.skipCheckAdvAddr && canReload,
          behaviour: behaviourOf(version),
        },
        identity: `${instance.virtualRouterId} ${socketOf(instance)}`,
        socketmates: instances.flatMap((other, place) =>
          place !== index && socketOf(other) === socketOf(instance) ? [place] : [],
        ),
        ...(group === -1 ? {} : { group: { index: group, member: used[group]!.indexOf(index) } }),
        watched: [
          ...watchedBy(instance, configuration),
          ...(syncGroup === undefined
            ? []
            : watchedBy({ ...syncGroup, dontTrackPrimary: true, interface: undefined }, configuration)),
        ],
        announceAgainUs: instance.garp.masterDelayS * 1_000_000,
        refreshUs: instance.garp.masterRefreshS * 1_000_000,
        vips: instance.virtualIpaddresses.map(({ address }) => address.text),
      };
    }),
  };
}

function socketOf({ family, interface: device, unicastPeers, unicastSourceIp }: KeepalivedInstance): string {
  return [
    family,
    device,
    unicastPeers.length > 0 ? `unicast ${unicastSourceIp?.text ?? ""}` : "multicast",
  ].join(" ");
}

interface Watcher {
  readonly trackScripts: readonly TrackEntry[];
  readonly trackFiles: readonly TrackEntry[];
  readonly trackInterfaces: readonly TrackEntry[];
  readonly trackProcesses: readonly TrackEntry[];
  readonly dontTrackPrimary: boolean;
}

function watchedBy(
  watcher: Watcher & { readonly interface?: string | undefined },
  configuration: KeepalivedConfiguration,
): Watched[] {
  const entries = (
    kind: Watched["kind"],
    given: readonly TrackEntry[],
    names: readonly { readonly name: string; readonly weight: number; readonly reverse: boolean }[],
  ): Watched[] =>
    given.flatMap((entry) => {
      const index = names.findIndex(({ name }) => name === entry.name);
      if (!entry.tracked || (index === -1 && kind !== "interface")) return [];
      return [
        {
          kind,
          index: Math.max(0, index),
          weight: entry.weightInForce ?? entry.weight ?? names[index]?.weight ?? 0,
          reverse: entry.reverseInForce ?? entry.reverse,
        },
      ];
    });
  return [
    ...(watcher.dontTrackPrimary
      ? []
      : [{ kind: "interface" as const, index: 0, weight: 0, reverse: false }]),
    ...entries("check", watcher.trackScripts, configuration.scripts),
    ...entries("file", watcher.trackFiles, configuration.trackFiles),
    ...entries("process", watcher.trackProcesses, configuration.trackProcesses),
    // Other interfaces are taken to share the node's fate: one cable is simulated.
    ...entries("interface", watcher.trackInterfaces, []),
  ];
}

/** A look at a process takes some milliseconds (measured: 2 to 7, baselines section 6). */
const LOOK_US = 5_000;

function checkOf(script: KeepalivedScript, nature: CheckNature | undefined): SiteCheck {
  return {
    name: script.name,
    intervalUs: Math.round(script.intervalS * 1_000_000),
    timeoutUs: Math.round(script.timeoutS * 1_000_000),
    rise: script.rise,
    fall: script.fall,
    asks: nature?.asks ?? "process",
    looksUs: nature?.looksUs ?? [0],
    lookUs: nature?.lookUs ?? LOOK_US,
    hangUs: nature?.hangUs ?? NEVER,
    endsAfterUs: 0,
  };
}

/** What each instance makes of each other's adverts, reckoned once: the sender's packet goes through the receiver's own checks. */
function hearingOf(inputs: readonly SiteNodeInput[], version: string): Site["hearing"] {
  const files = inputs.map(({ configuration, others }) => [configuration, ...(others?.values() ?? [])]);
  const instanceAt = ({ node, layout, instance }: Place): KeepalivedInstance =>
    files[node]![layout]!.instances.filter(
      ({ virtualRouterId, interface: device }) => virtualRouterId !== undefined && device !== undefined,
    )[instance]!;
  const known = new Map<number, Hearing>();
  const addresses = new Map<string, number>();
  return (to, from) => {
    // Nodes, layouts and instances are few; the key is one number.
    const key =
      ((((to.node * 16 + to.layout) * 256 + to.instance) * 16 + from.node) * 16 + from.layout) * 256 +
      from.instance;
    let hearing = known.get(key);
    if (hearing === undefined) {
      const receiver = { instance: instanceAt(to), node: inputs[to.node]! };
      const sender = { instance: instanceAt(from), node: inputs[from.node]! };
      const { text } = sourceOf(sender.instance, sender.node);
      if (!addresses.has(text)) addresses.set(text, addresses.size);
      hearing = { ...hear(receiver, sender, version), from: addresses.get(text)! };
      known.set(key, hearing);
    }
    return hearing;
  };
}

/** Stands for an address that nobody gave: each node has its own. */
function sourceOf(instance: KeepalivedInstance, input: SiteNodeInput): IpAddress {
  const own = instance.unicastPeers.length > 0 ? instance.unicastSourceIp : instance.multicastSourceIp;
  return (
    own ??
    input.address ?? { family: instance.family, text: instance.family === 4 ? "192.0.2.254" : "2001:db8::fe" }
  );
}

interface Party {
  readonly instance: KeepalivedInstance;
  readonly node: SiteNodeInput;
}

function hear(to: Party, from: Party, version: string): Omit<Hearing, "from"> {
  const source = sourceOf(from.instance, from.node);
  const own = sourceOf(to.instance, to.node);
  const receiver = receiverOf(to.instance, own, version);
  const advertisement = advertisementOf(from.instance);
  const destinations =
    from.instance.unicastPeers.length > 0
      ? from.instance.unicastPeers.map(({ address }) => address)
      : [from.instance.multicastGroup];
  let why = "it sends to other addresses";
  for (const destination of destinations) {
    if (destination.family !== source.family) continue;
    const receptionOf = (master: IpAddress | undefined): Reception =>
      receiveAdvertisement(
        receiver,
        advertisement,
        { source, destination, ttl: 255 },
        { checkAddresses: checksAddresses(receiver, "BACKUP", source, master) },
      );
    const reception = receptionOf(undefined);
    if (reception.kind === "deaf") why = describeDeafness(reception.deafness);
    else
      return {
        ...rulingOf(reception),
        known: rulingOf(receptionOf(source)),
        addressOrder: compareAddresses(source, own),
      };
  }
  return { verdict: "deaf", why, known: { verdict: "deaf", why }, addressOrder: 0 };
}

function rulingOf(reception: Reception): Ruling {
  return reception.kind === "refused"
    ? { verdict: "refused", why: describeRefusal(reception.refusal) }
    : { verdict: reception.kind };
}

function advertisementOf(instance: KeepalivedInstance): Advertisement {
  const { authentication } = instance;
  return {
    version: instance.version,
    vrid: instance.virtualRouterId ?? 0,
    priority: 1,
    advertIntervalUs: instance.advertIntervalUs,
    addresses: instance.virtualIpaddresses.map(({ address }) => address),
    ...(instance.version === 2 && authentication?.type === "PASS" && authentication.password !== undefined
      ? {
          authentication: {
            type: "PASS" as const,
            password: passwordBytes(authentication.password.reveal()),
          },
        }
      : {}),
  };
}

function receiverOf(instance: KeepalivedInstance, source: IpAddress, version: string): Receiver {
  const { authentication } = instance;
  return {
    keepalivedVersion: version,
    version: instance.version,
    vrid: instance.virtualRouterId ?? 0,
    family: instance.family,
    source,
    peers: instance.unicastPeers.map(({ address }) => address),
    multicastGroup: instance.multicastGroup,
    ...(instance.version === 2 && authentication?.password !== undefined
      ? {
          authentication: {
            type: authentication.type,
            password: passwordBytes(authentication.password.reveal()),
          },
        }
      : {}),
    advertIntervalUs: instance.advertIntervalUs,
    addresses: instance.virtualIpaddresses.map(({ address }) => address),
    skipCheckAdvAddr: instance.skipCheckAdvAddr,
    checkUnicastSource: instance.checkUnicastSource,
  };
}

/** keepalived compares addresses as numbers. */
function compareAddresses(left: IpAddress, right: IpAddress): number {
  const [lefts, rights] = [addressBytes(left), addressBytes(right)];
  for (let index = 0; index < Math.max(lefts.length, rights.length); index += 1) {
    const difference = (lefts[index] ?? 0) - (rights[index] ?? 0);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}
