// vrrp: the protocol as keepalived speaks it: packets as bytes, and the state machine as a table. Sans-I/O: no socket, clock or process. Pure.
export { behaviourOf, type VrrpBehaviour } from "./behaviour.ts";
export { type GroupState, type GroupStep, type MemberEffect, stepGroup } from "./group.ts";
export {
  changedState,
  initialState,
  type InstanceSettings,
  type InstanceState,
  NEVER,
  timerLengthUs,
  type VrrpState,
  withPriority,
  withTimer,
} from "./instance-state.ts";
export {
  type ArrivedAdvert,
  stepInstance,
  type Transition,
  transitions,
  type VrrpEffect,
  type VrrpEventKind,
  type VrrpStep,
} from "./machine.ts";
export { GOODBYE_PRIORITY, masterDownUs, OWNER_PRIORITY, skewUs } from "./timers.ts";
export {
  type Advertisement,
  type Datagram,
  type Envelope,
  MULTICAST_GROUP_IPV4,
  MULTICAST_GROUP_IPV6,
  passwordBytes,
} from "./advertisement.ts";
export { decodeAdvertisement, encodeAdvertisement } from "./packet.ts";
export { checksAddresses, receive, receiveAdvertisement, type Receiver } from "./reception.ts";
export { describeDeafness, describeRefusal, type Reception } from "./reception-result.ts";
