// The virtual routers of the file, short form or long: addresses, VRID, version, family, timers, preference.
// Rule: a router is complete or has a finding that says why not.

import { nearest, sentenceList } from "../base/index.ts";
import { type Path, pathText } from "./fields.ts";
import type { PairFile } from "./file-schema.ts";
import { outOfRangeFinding, outsideAcceptableFinding } from "./number-range.ts";
import type { Family, Router, SecretReference } from "./pair.ts";
import { shown, spanAt, spanForMissing } from "./places.ts";
import { prioritiesAlong, profileTable, ROUTERS_MAX } from "./profiles.ts";
import type { NodeDraft } from "./read-nodes.ts";
import { finalVip, readVips, type VipDraft, type WrittenVips } from "./read-vips.ts";
import { addAt, addAtKey, entry, namesAt, type Reading } from "./reading.ts";
import { readSecretReference } from "./secret.ts";
import { badNameFinding, type Partially, valueAt } from "./shape.ts";
import { namePattern } from "./schema-words.ts";

/** A router as far as it could be read. */
export interface RouterDraft {
  readonly name: string;
  readonly path: Path;
  readonly idPath: Path;
  readonly id: number | undefined;
  readonly vips: readonly VipDraft[];
  readonly family: Family | undefined;
  readonly version: 2 | 3;
  readonly advertIntervalUs: number | undefined;
  /** The key that set the interval, if one did. */
  readonly advertPath: Path | undefined;
  readonly prefer: readonly string[];
  readonly password: SecretReference | undefined;
  readonly passwordPath: Path | undefined;
}

type WrittenVrrp = Partially<NonNullable<PairFile["vrrp"]>>;
type WrittenRouter = Partially<NonNullable<PairFile["routers"]>[string]>;

/** Where one router's settings stand: its own map first, then what all have in common. */
interface Sources {
  readonly name: string;
  readonly own: { readonly path: Path; readonly values: WrittenVrrp };
  readonly common?: { readonly path: Path; readonly values: WrittenVrrp };
  readonly vipsPath: Path;
  readonly vips: WrittenVips | undefined;
  readonly prefer: readonly string[];
}

/** Reads every router of either form. */
export function readRouters(reading: Reading, nodes: readonly NodeDraft[]): readonly RouterDraft[] {
  const isLong = valueAt(reading.tree.value, ["routers"]) !== undefined;
  const sources = isLong ? longForm(reading, nodes) : shortForm(reading, nodes);
  const routers = sources.map((source) => readRouter(reading, source, nodes));
  checkPasswords(reading, routers);
  checkVrids(reading, routers);
  return routers;
}

function shortForm(reading: Reading, nodes: readonly NodeDraft[]): readonly Sources[] {
  const { file, tree } = reading;
  const vrrp = file.vrrp ?? {};
  const vrrpPath: Path = ["vrrp"];
  if (valueAt(tree.value, ["vips"]) === undefined && !reading.isMisspelt(["vips"])) {
    reading.findings.add({
      code: "HP011",
      span: spanForMissing(tree, ["vips"]),
      message: "the file says no vips: one router's virtual addresses, or routers: for several",
      consequence: "there is nothing to move between the nodes",
      advice: "vips: { web: 192.0.2.50/32 }",
    });
  }
  if (isIdMissing(reading)) {
    reading.findings.add({
      code: "HP011",
      span: spanForMissing(tree, ["vrrp", "id"]) ?? spanForMissing(tree, ["vrrp"]),
      message: "the file says no id under vrrp: the virtual router's number, the same on every node",
      consequence: "keepalived leaves out an instance without one",
      advice: "vrrp: { id: 50, password: { env: VRRP_PASSWORD } }",
    });
  }
  const prefer = nodes.map(({ name }) => name);
  return [
    {
      name: file.pair ?? "",
      own: { path: vrrpPath, values: vrrp },
      vipsPath: ["vips"],
      vips: file.vips,
      prefer,
    },
  ];
}

// A vrrp that is no map, or a misspelt key, has a finding already.
function isIdMissing(reading: Reading): boolean {
  const vrrp = valueAt(reading.tree.value, ["vrrp"]);
  if (reading.isMisspelt(["vrrp"]) || reading.isMisspelt(["vrrp", "id"])) return false;
  return (
    vrrp === undefined || (typeof vrrp === "object" && vrrp !== null && valueAt(vrrp, ["id"]) === undefined)
  );
}

function longForm(reading: Reading, nodes: readonly NodeDraft[]): readonly Sources[] {
  const { file, tree } = reading;
  const names = namesAt(reading, ["routers"]);
  for (const path of [["vips"], ["vrrp", "id"]]) {
    if (valueAt(tree.value, path) === undefined) continue;
    addAtKey(reading, "HP045", path, {
      message: `${pathText(path)} stands beside routers: it is not told which router it belongs to`,
      advice: `${path.at(-1)} under one of the routers${names.length === 0 ? "" : ` (${sentenceList(names.slice(0, 5), "or")})`}`,
    });
  }
  const written = valueAt(tree.value, ["routers"]);
  if (names.length === 0 && typeof written === "object" && written !== null) {
    addAtKey(reading, "HP046", ["routers"], {
      message: "routers is empty: a pair without a virtual router moves nothing",
      advice: "routers: { web: { id: 50, vips: { web4: 192.0.2.50/32 } } }",
    });
  }
  if (names.length > ROUTERS_MAX) {
    addAtKey(reading, "HP031", ["routers"], {
      message: `${names.length} routers: there are 255 VRIDs for each family`,
      advice: `at most ${ROUTERS_MAX} routers`,
    });
    return [];
  }
  return names.map((name) => {
    const path: Path = ["routers", name];
    if (!namePattern.test(name)) reading.findings.add(badNameFinding(tree, path, name));
    const values: WrittenRouter = entry(file.routers, name) ?? {};
    return {
      name,
      own: { path, values },
      common: { path: ["vrrp"], values: file.vrrp ?? {} },
      vipsPath: [...path, "vips"],
      vips: values.vips,
      prefer: readPrefer(reading, [...path, "prefer"], values.prefer, nodes),
    };
  });
}

function readPrefer(
  reading: Reading,
  path: Path,
  written: readonly (string | undefined)[] | undefined,
  nodes: readonly NodeDraft[],
): readonly string[] {
  const names = nodes.map(({ name }) => name);
  if (written === undefined) return names;
  const unknown = new Set<string>();
  written.forEach((name, index) => {
    if (name === undefined || names.includes(name)) return;
    unknown.add(name);
    // Likelier one that is not named yet.
    const unnamed = names.filter((each) => !written.includes(each));
    const near = nearest(name, unnamed) ?? nearest(name, names);
    addAt(reading, "HP043", [...path, index], {
      message: `${shown(name)} is not one of the nodes`,
      advice: near ?? `one of ${sentenceList(names.slice(0, 10), "or")}`,
    });
  });
  const missing = names.filter((name) => !written.includes(name));
  const repeated = names.filter((name) => written.indexOf(name) !== written.lastIndexOf(name));
  // An unknown name is most likely the missing one misspelt: one finding is enough.
  if (unknown.size === 0 && (missing.length > 0 || repeated.length > 0)) {
    const said =
      missing.length > 0
        ? `does not say where ${sentenceList(missing)} ${missing.length === 1 ? "stands" : "stand"}`
        : `names ${sentenceList(repeated)} more than once`;
    const order = [...new Set([...written.filter((name) => name !== undefined), ...missing])];
    addAtKey(reading, "HP044", path, {
      message: `${pathText(path)} ${said}: every node once, because each needs its priority`,
      advice: `prefer: [${order.join(", ")}]`,
    });
  }
  return written.filter((name) => name !== undefined);
}

function readRouter(reading: Reading, source: Sources, nodes: readonly NodeDraft[]): RouterDraft {
  const { own, common } = source;
  const vips = readVips(reading, source.vipsPath, source.vips);
  const family = advertFamily(reading, source, vips, nodes);
  const versionSource = [own, common].find((each) => each?.values.version !== undefined);
  const version = readVersion(reading, versionSource, family);
  const advertSource = [own, common].find((each) => each?.values.advert_int !== undefined);
  const advertPath: Path | undefined = advertSource && [...advertSource.path, "advert_int"];
  // Looked for in the file as written: a refused password has its own finding and is not missing.
  const passwordSource = [own, common].find(
    (each) => each !== undefined && valueAt(reading.tree.value, [...each.path, "password"]) !== undefined,
  );
  const passwordPath: Path | undefined = passwordSource && [...passwordSource.path, "password"];
  const written = passwordSource?.values.password;
  return {
    name: source.name,
    path: common === undefined ? source.vipsPath : own.path,
    idPath: [...own.path, "id"],
    id: own.values.id,
    vips,
    family,
    version,
    advertIntervalUs: readAdvertInterval(reading, advertPath, advertSource?.values.advert_int, version),
    advertPath,
    prefer: source.prefer,
    password:
      passwordPath && written && readSecretReference(reading.tree, passwordPath, written, reading.findings),
    passwordPath,
  };
}

/** The family advertisements travel in: IPv4 where the router has an IPv4 address and every node too. */
function advertFamily(
  reading: Reading,
  source: Sources,
  vips: readonly VipDraft[],
  nodes: readonly NodeDraft[],
): Family | undefined {
  if (vips.length === 0 || nodes.length === 0) return undefined;
  const wanted: readonly Family[] = ([4, 6] as const).filter((family) =>
    vips.some(({ address }) => address.family === family),
  );
  const lacking = (family: Family): readonly NodeDraft[] =>
    nodes.filter(
      (node) => node.allAddressesRead && !node.addresses.some(({ address }) => address.family === family),
    );
  const possible = wanted.find((family) => lacking(family).length === 0);
  if (possible !== undefined) return possible;
  const [family = 4] = wanted;
  const without = lacking(family);
  for (const node of without) {
    addAt(reading, "HP028", [...node.path, "address"], {
      message: `${node.name} has no IPv${family} address, and the router of ${pathText(source.vipsPath)} advertises in IPv${family}`,
      consequence: `keepalived on ${node.name} has nothing to send from and never leaves FAULT`,
      advice: `address: [${[...node.addresses.map(({ address }) => address.text), family === 4 ? "192.0.2.11" : "2001:db8::11"].join(", ")}]`,
    });
  }
  return undefined;
}

function readVersion(
  reading: Reading,
  source: Sources["own"] | undefined,
  family: Family | undefined,
): 2 | 3 {
  const written = source?.values.version;
  if (family !== 6) return written ?? profileTable[reading.profile].version;
  if (source !== undefined && written === 2) {
    addAt(reading, "HP041", [...source.path, "version"], {
      message: "version 2 for a router that advertises in IPv6: version 2 knows IPv4 only",
      advice: "version: 3, or an IPv4 address beside the IPv6 ones (both move together)",
    });
  }
  return 3;
}

const MICROSECONDS = 1_000_000;
// A version 3 advertisement counts hundredths of a second in 12 bits.
const VERSION_3_STEP_US = 10_000;
const VERSION_3_MAX_US = 40_950_000;

function readAdvertInterval(
  reading: Reading,
  path: Path | undefined,
  seconds: number | undefined,
  version: 2 | 3,
): number | undefined {
  if (path === undefined || seconds === undefined)
    return profileTable[reading.profile].advertIntervalUs[version];
  const intervalUs = Math.round(seconds * MICROSECONDS);
  const span = spanAt(reading.tree, path);
  if (version === 2 && intervalUs % MICROSECONDS !== 0) {
    addAt(reading, "HP042", path, {
      message: `${pathText(path)} is ${seconds}: VRRP version 2 counts whole seconds`,
      consequence: `keepalived rounds it to ${Math.max(1, Math.round(seconds))} s`,
      advice: `advert_int: ${Math.max(1, Math.round(seconds))}, or version: 3`,
    });
    return undefined;
  }
  if (version === 3 && intervalUs > VERSION_3_MAX_US) {
    reading.findings.add(outOfRangeFinding(span, path, seconds));
    return undefined;
  }
  if (version === 3 && intervalUs % VERSION_3_STEP_US !== 0) {
    const rounded = Math.max(0.01, Math.round(seconds * 100) / 100);
    addAt(reading, "HP042", path, {
      message: `${pathText(path)} is ${seconds}: VRRP version 3 counts hundredths of a second`,
      consequence: `keepalived rounds it to about ${rounded} s`,
      advice: `advert_int: ${rounded}`,
    });
    return undefined;
  }
  // Below a second is what the fast profile is for; the page's range is the classic profile's.
  const isFastByChoice = reading.profile === "fast" && seconds < 1;
  const warning = isFastByChoice ? undefined : outsideAcceptableFinding(span, path, seconds);
  if (warning !== undefined) reading.findings.add(warning);
  return intervalUs;
}

function checkPasswords(reading: Reading, routers: readonly RouterDraft[]): void {
  const ignored = routers.find(
    ({ version, family, passwordPath }) =>
      version === 3 && family !== undefined && passwordPath !== undefined,
  );
  if (ignored?.passwordPath !== undefined) {
    addAtKey(reading, "HP053", ignored.passwordPath, {
      message: `${pathText(ignored.passwordPath)} has no effect: VRRP version 3 has no password, and none is rendered`,
      consequence:
        "what protects is that advertisements are taken from the peers' addresses alone (check_unicast_src) and the firewall's rule for them",
      advice: "nothing; the line may stay",
    });
  }
  for (const router of routers) {
    if (router.version === 3 || router.family === undefined || router.passwordPath !== undefined) continue;
    const settings: Path = router.path[0] === "vips" ? ["vrrp"] : router.path;
    if (
      reading.isMisspelt(["vrrp"]) ||
      [["vrrp"], settings].some((path) => reading.isMisspelt([...path, "password"]))
    )
      continue;
    reading.findings.add({
      code: "HP052",
      span: spanForMissing(reading.tree, [...settings, "password"]) ?? spanForMissing(reading.tree, settings),
      message: `${pathText(settings)} says no password: the page has authentication always on`,
      consequence: "a second router with this VRID in the network, set up by mistake, is taken for a peer",
      advice: "password: { env: VRRP_PASSWORD }",
    });
  }
}

function checkVrids(reading: Reading, routers: readonly RouterDraft[]): void {
  const owners = new Map<string, string>();
  for (const { id, family, idPath, name } of routers) {
    if (id === undefined || family === undefined) continue;
    const key = `IPv${family} ${id}`;
    const owner = owners.get(key);
    if (owner === undefined) {
      owners.set(key, name);
      continue;
    }
    const used = new Set(routers.map((router) => router.id));
    const free = Array.from({ length: 255 }, (_, index) => index + 1).find(
      (each) => each > id && !used.has(each),
    );
    addAt(reading, "HP040", idPath, {
      message: `VRID ${id} is already ${owner}'s: ${name} and ${owner} speak IPv${family} on the same interface`,
      consequence:
        "keepalived takes one for the other: it refuses the file or drops both routers' advertisements, and both nodes hold the addresses",
      advice: free === undefined ? "another id" : `id: ${free}`,
    });
  }
}

/** A router whose every part could be read, in its final form. Called only when there is no error. */
export function completeRouter(draft: RouterDraft, reading: Reading, preempt: boolean): Router | undefined {
  const { name, id, family, version, advertIntervalUs, prefer, password } = draft;
  if (id === undefined || family === undefined || advertIntervalUs === undefined) return undefined;
  const vips = draft.vips.map(finalVip);
  return {
    name,
    id,
    version,
    family,
    prefer,
    priorities: prioritiesAlong(prefer, reading.profile),
    vips: vips.filter(({ address }) => address.family === family),
    excludedVips: vips.filter(({ address }) => address.family !== family),
    advertIntervalUs,
    ...(version === 2 && password !== undefined ? { password } : {}),
    preempt,
  };
}
