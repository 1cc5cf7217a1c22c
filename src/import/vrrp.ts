// VRRP's settings of a router: VRID, version, interval, password; and where the nodes do not agree on them.

import { sentenceList } from "../base/index.ts";
import type { KeepalivedInstance } from "../keepalived/index.ts";
import { checkPassword, type Profile } from "../model/index.ts";
import type { NoteList, PairPath } from "./note.ts";
import type { Setting } from "./pair-text.ts";
import { type ImportedRouter, type Member, placeOf } from "./subject.ts";

const PASSWORD_BYTES = 8;

interface Agreement {
  readonly keyword: string;
  /** The key of pair.yaml. */
  readonly key: string;
  readonly valueOf: (instance: KeepalivedInstance) => string;
  readonly consequence: (instance: KeepalivedInstance) => string;
}

const BOTH_HOLD = "the nodes refuse each other's advertisements, and each holds the addresses";

/** What every node must have alike. */
const AGREEMENTS: readonly Agreement[] = [
  {
    keyword: "virtual_router_id",
    key: "id",
    valueOf: ({ virtualRouterId }) => String(virtualRouterId ?? "none"),
    consequence: () => "neither hears the other, and each holds the addresses",
  },
  {
    keyword: "version",
    key: "version",
    valueOf: ({ version }) => String(version),
    consequence: () => BOTH_HOLD,
  },
  {
    keyword: "advert_int",
    key: "advert_int",
    valueOf: ({ advertIntervalUs }) => `${secondsText(advertIntervalUs)} s`,
    consequence: ({ version }) => (version === 2 ? BOTH_HOLD : "a standby follows the holder's interval"),
  },
];

export function secondsText(microseconds: number): string {
  return String(microseconds / 1_000_000);
}

/** id, version and advert_int where pair.yaml has to say them. `at`: where they stand. */
export function readVrrp(router: ImportedRouter, profile: Profile, at: PairPath, notes: NoteList): Setting[] {
  for (const agreement of AGREEMENTS) remarkDisagreement(router, agreement, at, notes);
  remarkFractions(router, at, notes);
  const { lead } = router;
  const isIpv6 = ![...lead.virtualIpaddresses, ...lead.excludedVirtualIpaddresses].some(
    ({ address }) => address.family === 4,
  );
  const version = isIpv6 && lead.family === 6 ? 3 : lead.version;
  const id = lead.virtualRouterId ?? router.members.find(hasId)?.instance.virtualRouterId;
  return [
    ...(id === undefined ? [] : [{ key: "id", value: id }]),
    ...(version === profile.version || isIpv6 ? [] : [{ key: "version", value: version }]),
    ...(lead.advertIntervalUs === profile.advertIntervalUs[version]
      ? []
      : [{ key: "advert_int", value: lead.advertIntervalUs / 1_000_000 }]),
  ];
}

function hasId({ instance }: Member): boolean {
  return instance.virtualRouterId !== undefined;
}

function remarkDisagreement(
  router: ImportedRouter,
  agreement: Agreement,
  at: PairPath,
  notes: NoteList,
): void {
  const { lead, members, name } = router;
  const { keyword, key, valueOf, consequence } = agreement;
  const taken = valueOf(lead);
  if (members.every(({ instance }) => valueOf(instance) === taken)) return;
  const list = members.map(({ node, instance }) => `${node.name} ${valueOf(instance)}`);
  notes.add({
    kind: "does-not-do-what-it-seems",
    message: `${name}: ${keyword} differs (${list.join(", ")}): ${consequence(lead)}. ${taken} is taken.`,
    span: placeOf(lead, keyword),
    ...(members[0] === undefined ? {} : { node: members[0].node.name }),
    nodes: members.map(({ node }) => node.name),
    at: [...at, key],
    keywords: [keyword],
    router: name,
  });
}

/** A fraction of a second under version 2 is rounded by the daemon: the value in force is what pair.yaml says. */
function remarkFractions({ members, name }: ImportedRouter, at: PairPath, notes: NoteList): void {
  for (const { node, instance } of members) {
    const span = instance.lines.get("advert_int");
    const source = node.configuration.files.parts.find(
      ({ base, source: { text } }) =>
        span !== undefined && span.start >= base && span.end <= base + text.length,
    );
    if (span === undefined || source === undefined || instance.version === 3) continue;
    const line = source.source.text.slice(span.start - source.base, span.end - source.base);
    const written = /^advert_int\s+(\d*\.\d+)/.exec(line)?.[1];
    if (written === undefined || Number.isInteger(Number(written))) continue;
    notes.add({
      kind: "does-not-do-what-it-seems",
      message: `${name}: ${node.name} has advert_int ${written}. VRRP version 2 counts whole seconds, so keepalived uses ${secondsText(instance.advertIntervalUs)} s. For less than a second write version: 3 and remove the password.`,
      node: node.name,
      span,
      at: [...at, "advert_int"],
    });
  }
}

/** Whether the daemon uses the password: not in version 3, nor in strict mode. */
function isPasswordInForce({ version, strict, authentication }: KeepalivedInstance): boolean {
  return version === 2 && !strict && (authentication?.password?.byteLength ?? 0) > 0;
}

/** The members whose password is in force. */
function passwordMembers(router: ImportedRouter): Member[] {
  return router.members.filter(({ instance }) => isPasswordInForce(instance));
}

/** Whether all these routers have one password, or none has any: then one reference is enough. */
export function haveOnePassword(routers: readonly ImportedRouter[]): boolean {
  const [first, ...others] = routers.map(
    (router) => passwordMembers(router)[0]?.instance.authentication?.password,
  );
  return others.every((other) =>
    first === undefined || other === undefined ? first === other : first.sameWithin(other, PASSWORD_BYTES),
  );
}

/** `pair`, `web`: PAIR_WEB_VRRP_PASSWORD. */
export function variableName(...names: readonly string[]): string {
  const words = [...names, "vrrp", "password"]
    .join("_")
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, "_");
  return /^\d/.test(words) ? `PAIR_${words}` : words;
}

/** The reference to the password of these routers, with a note on where its value stands; nothing where there is none in force. */
export function readPassword(
  routers: readonly ImportedRouter[],
  variable: string,
  at: PairPath,
  notes: NoteList,
): Setting[] {
  for (const router of routers) remarkWithoutEffect(router, at, notes);
  const [first] = routers.flatMap(passwordMembers);
  const password = first?.instance.authentication?.password;
  if (first === undefined || password === undefined) return [];
  notes.add({
    kind: "secret",
    message: `${variable} is ${password.byteLength > PASSWORD_BYTES ? `the first ${PASSWORD_BYTES} bytes of ` : ""}auth_pass of ${first.instance.name} in ${first.node.name}'s file. The value is not copied here.`,
    at: [...at, "password"],
    node: first.node.name,
    span: first.instance.authentication?.passwordSpan ?? placeOf(first.instance),
  });
  for (const router of routers) remarkPassword(router, at, notes);
  return [{ key: "password", value: [{ key: "env", value: variable }] }];
}

/** Passwords that are too long, differ between the nodes, or cannot be rendered. */
function remarkPassword(router: ImportedRouter, at: PairPath, notes: NoteList): void {
  const { members, name } = router;
  const having = passwordMembers(router);
  const [first] = having;
  const password = first?.instance.authentication?.password;
  if (first === undefined || password === undefined) return;
  const { node, instance } = first;
  const place = { node: node.name, span: instance.authentication?.passwordSpan ?? placeOf(instance) };
  const here = {
    at: [...at, "password"],
    ...place,
    nodes: members.map((member) => member.node.name),
    router: name,
  };
  const tooLong = password.byteLength > PASSWORD_BYTES;
  if (tooLong) {
    notes.add({
      kind: "does-not-do-what-it-seems",
      message: `${name}: auth_pass has ${password.byteLength} bytes; keepalived uses the first ${PASSWORD_BYTES}, and hapair takes no longer one.`,
      ...here,
      keywords: ["auth_pass"],
    });
  }
  const others = members.filter((member) => member !== first);
  const differing = others.filter((member) => {
    const other = having.includes(member) ? member.instance.authentication?.password : undefined;
    return other === undefined || !password.sameWithin(other, PASSWORD_BYTES);
  });
  if (differing.length > 0) {
    notes.add({
      kind: "does-not-do-what-it-seems",
      message: `${name}: ${sentenceList(differing.map((member) => member.node.name))} ${differing.length === 1 ? "has" : "have"} another auth_pass than ${node.name}, or none in force: ${BOTH_HOLD}. ${node.name}'s is taken.`,
      ...here,
      keywords: ["auth_pass", "auth_type", "authentication"],
    });
  }
  const ah = members.filter((member) => member.instance.authentication?.type === "AH");
  if (ah.length > 0) {
    notes.add({
      kind: "cannot-express",
      message: `${name}: ${sentenceList(ah.map((member) => member.node.name))} ${ah.length === 1 ? "has" : "have"} auth_type AH; hapair writes PASS.`,
      ...here,
      keywords: ["auth_type", "authentication"],
    });
  }
  if (!tooLong) {
    const refused = checkPassword(password.reveal()).problems.find(({ severity }) => severity === "refused");
    if (refused !== undefined)
      notes.add({
        kind: "missing",
        message: `${name}: hapair refuses this password: ${refused.message}. Choose ${refused.advice}.`,
        ...here,
        keywords: ["auth_pass"],
      });
  }
}

/** Authentication that the daemon does not use. */
function remarkWithoutEffect({ members, name }: ImportedRouter, at: PairPath, notes: NoteList): void {
  for (const { node, instance } of members) {
    if (instance.authentication === undefined) continue;
    if (isPasswordInForce(instance)) continue;
    const why =
      instance.version === 3
        ? "VRRP version 3 has no authentication"
        : instance.strict
          ? "strict mode takes it away"
          : "there is no password in it that keepalived could read";
    notes.add({
      kind: "does-not-do-what-it-seems",
      message: `${name}: ${node.name} has an authentication block without effect: ${why}. hapair leaves it out where no node has one in force.`,
      node: node.name,
      span: placeOf(instance, "auth_type", "authentication"),
      at,
      keywords: ["authentication", "auth_type", "auth_pass"],
      router: name,
    });
  }
}
