// model: what a pair is, and the findings on its file. Pure.
export type {
  CarriedFile,
  Family,
  HaproxySettings,
  IpAddress,
  Pair,
  PairNode,
  ProfileName,
  Promises,
  Router,
  SecretReference,
  ServiceCheck,
  SshTarget,
  VirtualAddress,
} from "./pair.ts";
