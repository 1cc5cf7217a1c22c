// What keepalived (2.0.20 to 2.4) says in the journal of states, checks and its peers' adverts. Texts, because it has nothing else.

import { type FactReport, SUBJECT_LENGTH_MAX } from "../../agent-api/index.ts";

const STATE = /^(?:VRRP_Instance)?\((.+?)\):? entering (MASTER|BACKUP|FAULT) state\b(.*)/i;
const CHECK = /^VRRP_Script\((.+?)\) (succeeded|failed|timed_out|considered (?:un)?successful on reload)\b/;
const OF_INSTANCE = /^\((.+?)\):? (.+)/;

const CHECK_VALUES: Readonly<Record<string, string>> = {
  succeeded: "ok",
  failed: "failed",
  timed_out: "timed-out",
  "considered successful on reload": "ok",
  "considered unsuccessful on reload": "failed",
};

/**
 * Why an advert was refused, in the order of keepalived's own checks. keepalived >= 2.3.3 says each reason once until a state changes, and
 * takes adverts with other addresses, which earlier versions refuse with the same words (`expected 1 VIPs but received 2`).
 */
const REFUSALS: readonly (readonly [RegExp, string])[] = [
  [/^received an invalid passwd/, "password"],
  [/^(?:received a \d+ auth|Invalid auth type|(?:Received|No) AH header but)/, "authentication"],
  [/^advertisement interval mismatch\b.*\bmine=/, "interval"],
  [/^(?:wrong|invalid) (?:VRRP )?version/, "version"],
  [/^(?:invalid TTL\/HL|TTL\/HL \d+ not in range)/, "ttl"],
  [/^(?:vrrp packet .*too (?:long|short)|ip_tot_len mismatch)/, "length"],
  [/^Invalid packet type/, "type"],
  [/^Invalid VRRPv[23] checksum/, "checksum"],
  [/^Expected (?:un|mult)icast packet but received/, "unicast"],
  [/^(?:received an unexpected ip number count|expected \d+ VIPs but received)/, "addresses"],
  [/^ip address associated with VRID \d+ not present in MASTER advert/, "addresses"],
  [/^unicast source address \S+ not a unicast peer/, "source"],
];

/** Lines that only an advert that was taken can lead to. */
const ACCEPTED =
  /^(?:Master received advert from|Received advert from \S+ with lower priority|(?:Backup|Master) received priority 0|received lower priority)/;

/** The facts of one of keepalived's messages, already cut to a sane length. */
export function readKeepalivedMessage(message: string): FactReport[] {
  const check = CHECK.exec(message);
  if (check !== null) return facts("check", check[1], CHECK_VALUES[check[2] ?? ""]);
  const state = STATE.exec(message);
  if (state !== null) {
    const changed = facts("instance", state[1], state[2]?.toUpperCase());
    // A daemon that starts has refused nothing yet.
    return /\(init\)/.test(state[3] ?? "")
      ? [...changed, ...facts("adverts", state[1], "accepted")]
      : changed;
  }
  if (message.startsWith("New config failed validation")) return facts("reload", "keepalived", "failed");
  const [, instance, said] = OF_INSTANCE.exec(message) ?? [];
  if (instance === undefined || said === undefined) return [];
  if (ACCEPTED.test(said)) return facts("adverts", instance, "accepted");
  const reason = REFUSALS.find(([pattern]) => pattern.test(said))?.[1];
  return reason === undefined ? [] : facts("adverts", instance, "refused", { reason });
}

function facts(
  kind: FactReport["kind"],
  subject: string | undefined,
  value: string | undefined,
  detail?: Readonly<Record<string, string>>,
): FactReport[] {
  if (subject === undefined || value === undefined || subject.length > SUBJECT_LENGTH_MAX) return [];
  return [{ kind, subject, value, ...(detail === undefined ? {} : { detail }) }];
}
