// Adverts that change nothing but when the next one is due. Rule: none is foretold. One goes through the state machine, and where everything but deadlines
// is as it was before, those that follow it come to the same as long as nothing changes that an advert hangs on: until then they are passed over.

import { changedState, type InstanceState, NEVER } from "../vrrp/index.ts";
import { nextUs } from "./clock.ts";
import { layoutOf } from "./network.ts";
import type { Scene } from "./scene.ts";
import { cloneWorld, type NodeWorld, type World } from "./world.ts";

interface Place {
  readonly node: number;
  readonly instance: number;
}

/** An advert that is due, and the world right before it. */
export interface DueAdvert {
  readonly sender: Place;
  readonly before: World;
}

/** A MASTER whose adverts change nothing. */
interface QuietSender {
  readonly sender: Place;
  readonly intervalUs: number;
  /** Whose deadlines an advert puts off: the sender's own, and those of all who wait for it. */
  readonly putOff: readonly Place[];
}

/** All such MASTERs that are known of, and the world after the last of their adverts. No two of them put off the same deadline. */
export interface QuietSenders {
  readonly senders: readonly QuietSender[];
  readonly last: World;
}

/** The advert that is due at `atUs`, where that is when anything is due next; undefined: something else is, or a packet is still on its way. */
export function advertDue(world: World, atUs: number): DueAdvert | undefined {
  if (world.packets.length > 0) return undefined;
  for (let node = 0; node < world.nodes.length; node += 1) {
    const { daemon, instances, timerKeepers } = world.nodes[node]!;
    if (daemon !== "running") continue;
    if (timerKeepers.length > 0) return undefined;
    for (let instance = 0; instance < instances.length; instance += 1) {
      const { state, deadlineUs } = instances[instance]!;
      if (deadlineUs !== atUs) continue;
      return state === "MASTER" ? { sender: { node, instance }, before: cloneWorld(world) } : undefined;
    }
  }
  return undefined;
}

/** After everything that {@link advertDue}'s advert brought about: its sender beside those known before, if that was nothing; undefined: it was something. */
export function quietAfter(
  scene: Scene,
  { sender, before }: DueAdvert,
  known: QuietSenders | undefined,
): QuietSenders | undefined {
  const putOff = deadlinesPutOff(scene, sender, before);
  if (putOff === undefined) return undefined;
  const { advertIntervalUs: intervalUs } = layoutOf(scene, sender.node).instances[sender.instance]!.settings;
  const still = known !== undefined && isAlike(known.last, before) ? known.senders : [];
  const others = still.filter(
    (other) => !other.putOff.some((place) => putOff.some((one) => isSamePlace(one, place))),
  );
  return { senders: [...others, { sender, intervalUs, putOff }], last: cloneWorld(scene.world) };
}

const isSamePlace = (left: Place, right: Place): boolean =>
  left.node === right.node && left.instance === right.instance;

/** The deadlines that an advert has put off; undefined: it has changed more than that. */
function deadlinesPutOff(scene: Scene, sender: Place, before: World): Place[] | undefined {
  const { world } = scene;
  const { nowUs } = world;
  if (!isSameWorld(before, world)) return undefined;
  const { advertIntervalUs } = layoutOf(scene, sender.node).instances[sender.instance]!.settings;
  const putOff: Place[] = [];
  for (let node = 0; node < world.nodes.length; node += 1) {
    const after = world.nodes[node]!;
    const was = before.nodes[node]!;
    if (!isSameNode(was, after) || after.delayEndsUs > nowUs) return undefined;
    for (let instance = 0; instance < after.instances.length; instance += 1) {
      const state = after.instances[instance]!;
      if (state === was.instances[instance]) continue;
      if (!isSameButDeadline(was.instances[instance]!, state)) return undefined;
      const isSender = isSamePlace(sender, { node, instance });
      const waitsUs = isSender ? advertIntervalUs : state.downTimerUs;
      const isItsWait = state.deadlineUs === nowUs + waitsUs && (isSender || waitsUs > advertIntervalUs);
      if (!isItsWait || state.state !== (isSender ? "MASTER" : "BACKUP")) return undefined;
      putOff.push({ node, instance });
    }
  }
  return putOff;
}

/** Passes over the senders' adverts up to the next thing that is due besides; undefined: something has changed that an advert hangs on. */
export function passOver({ world }: Scene, quiet: QuietSenders): QuietSenders | undefined {
  if (!isAlike(quiet.last, world)) return undefined;
  const { senders } = quiet;
  const nextBesidesUs = nextBesides(world, senders);
  if (nextBesidesUs === NEVER) return quiet;
  let passed = false;
  for (const { sender, intervalUs, putOff } of senders) {
    const { deadlineUs } = world.nodes[sender.node]!.instances[sender.instance]!;
    if (nextBesidesUs <= deadlineUs) continue;
    passed = true;
    // Those strictly before it: what is due at the same time has an order of its own.
    const count = Math.ceil((nextBesidesUs - deadlineUs) / intervalUs);
    for (const place of putOff) delay(world, place, count * intervalUs);
  }
  return passed ? { senders, last: cloneWorld(world) } : quiet;
}

function delay(world: World, { node, instance }: Place, byUs: number): void {
  const nodeWorld = world.nodes[node]!;
  const state = nodeWorld.instances[instance]!;
  nodeWorld.instances = nodeWorld.instances.with(
    instance,
    changedState(state, { deadlineUs: state.deadlineUs + byUs }),
  );
}

/** When the next thing is due but for these senders' adverts, and the deadlines that they put off. */
function nextBesides(world: World, senders: readonly QuietSender[]): number {
  let next = nextUs(world, "but instances");
  for (let node = 0; node < world.nodes.length; node += 1) {
    const { daemon, instances } = world.nodes[node]!;
    if (daemon !== "running") continue;
    for (let instance = 0; instance < instances.length; instance += 1) {
      const { deadlineUs } = instances[instance]!;
      if (deadlineUs < next && !isPutOff(senders, node, instance)) next = deadlineUs;
    }
  }
  return next;
}

function isPutOff(senders: readonly QuietSender[], node: number, instance: number): boolean {
  for (const { putOff } of senders)
    for (const place of putOff) if (place.node === node && place.instance === instance) return true;
  return false;
}

/** Nothing has changed between nodes. */
function isSameWorld(before: World, after: World): boolean {
  return (
    after.packets.length === 0 &&
    before.neighbours === after.neighbours &&
    before.jobs === after.jobs &&
    before.connections === after.connections &&
    before.messages === after.messages &&
    before.rest === after.rest
  );
}

/** What an advert could change on a node besides its instances is as it was. Written out, as below: a search asks this millions of times. */
function isSameNode(before: NodeWorld, after: NodeWorld): boolean {
  return (
    before.daemon === after.daemon &&
    before.groups === after.groups &&
    before.faulty === after.faulty &&
    before.waits === after.waits &&
    before.holds === after.holds &&
    before.announceUs === after.announceUs &&
    before.checks === after.checks &&
    before.files === after.files &&
    before.haproxy === after.haproxy &&
    before.haproxyPlan === after.haproxyPlan &&
    before.haproxyDueUs === after.haproxyDueUs &&
    before.watch === after.watch &&
    before.errands === after.errands &&
    before.agent === after.agent &&
    before.servers === after.servers &&
    before.unread === after.unread &&
    isSameQueue(before, after)
  );
}

/** A frozen keepalived's queue, of which the last advert that says the same stands for all. */
function isSameQueue({ queued: before }: NodeWorld, { queued: after }: NodeWorld): boolean {
  if (before === after) return true;
  return (
    before.length === after.length &&
    before.every((packet, index) => {
      const other = after[index]!;
      return (
        packet.from === other.from &&
        packet.fromLayout === other.fromLayout &&
        packet.fromInstance === other.fromInstance &&
        packet.priority === other.priority
      );
    })
  );
}

/** Whether an advert would come to the same in both. */
function isAlike(before: World, after: World): boolean {
  if (after.packets.length > 0 || before.neighbours !== after.neighbours) return false;
  for (let node = 0; node < after.nodes.length; node += 1)
    if (!hearsAlike(before.nodes[node]!, after.nodes[node]!)) return false;
  return true;
}

/** Nothing else of a node decides what becomes of an advert. */
function hearsAlike(before: NodeWorld, after: NodeWorld): boolean {
  return (
    before.instances === after.instances &&
    before.power === after.power &&
    before.cable === after.cable &&
    before.isolated === after.isolated &&
    before.blocksIn === after.blocksIn &&
    before.blocksOut === after.blocksOut &&
    before.delayUs === after.delayUs &&
    before.daemon === after.daemon &&
    before.layout === after.layout &&
    before.groups === after.groups &&
    before.holds === after.holds &&
    before.watch === after.watch &&
    before.delayEndsUs === after.delayEndsUs &&
    before.queued === after.queued &&
    before.unread === after.unread
  );
}

function isSameButDeadline(before: InstanceState, after: InstanceState): boolean {
  return (
    before.state === after.state &&
    before.priority === after.priority &&
    before.downTimerUs === after.downTimerUs &&
    before.masterIntervalUs === after.masterIntervalUs &&
    before.preemptAtUs === NEVER &&
    after.preemptAtUs === NEVER &&
    before.yielded === after.yielded &&
    before.wants === after.wants &&
    before.heardFrom === after.heardFrom
  );
}
