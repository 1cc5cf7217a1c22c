// Single fields of an observation: units of systemd, addresses of iproute2, the watched directory, counted adverts. Pure.

import type { ObservationRequest } from "./observation-script.ts";
import type { AdvertCount, HeldAddress, LinkState, UnitState, WatchDirectory } from "./observation.ts";
import { type Clock, first, type Sections, valuesOf } from "./script-answer.ts";

/** `systemctl show keepalived haproxy`, the agent where it was asked for, and the units of operations: one paragraph each. */
export function unitsOf(
  lines: readonly string[],
  clock: Clock,
): {
  keepalived: UnitState;
  haproxy: UnitState;
  agentUnit?: UnitState;
  /** ActiveState of every unit that was told of, by its name without `.service`. */
  states: ReadonlyMap<string, string>;
} {
  const paragraphs: string[][] = [[]];
  for (const line of lines) {
    if (line === "") paragraphs.push([]);
    else paragraphs.at(-1)?.push(line);
  }
  const told = paragraphs.map(valuesOf);
  const paragraph = (name: string): ReadonlyMap<string, string> | undefined =>
    told.find((values) => values.get("Id") === `${name}.service`);
  const unit = (name: string): UnitState => unitOf(paragraph(name) ?? new Map<string, string>(), clock);
  return {
    keepalived: unit("keepalived"),
    haproxy: unit("haproxy"),
    ...(paragraph("hapair-agent") === undefined ? {} : { agentUnit: unit("hapair-agent") }),
    states: new Map(
      told.flatMap((values) => {
        const [id, state] = [values.get("Id"), values.get("ActiveState")];
        return id === undefined || state === undefined
          ? []
          : [[id.replace(/\.service$/, ""), state] as const];
      }),
    ),
  };
}

function unitOf(values: ReadonlyMap<string, string>, clock: Clock): UnitState {
  const moment = (name: string): number | undefined => {
    const us = Number(values.get(name) ?? 0);
    return us > 0 ? clock.wallOf(us) : undefined;
  };
  const startedAtMs = moment("ExecMainStartTimestampMonotonic");
  const changedAtMs = moment("StateChangeTimestampMonotonic");
  return {
    load: values.get("LoadState") ?? "unknown",
    atBoot: values.get("UnitFileState") ?? "",
    active: values.get("ActiveState") ?? "unknown",
    sub: values.get("SubState") ?? "",
    result: values.get("Result") ?? "",
    mainPid: Number(values.get("MainPID") ?? 0),
    restarts: Number(values.get("NRestarts") ?? 0),
    needsDaemonReload: values.get("NeedDaemonReload") === "yes",
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(changedAtMs === undefined ? {} : { changedAtMs }),
    command: /argv\[\]=(.*?) ; ignore_errors/.exec(values.get("ExecStart") ?? "")?.[1] ?? "",
  };
}

interface IpLink {
  readonly ifname?: string;
  readonly flags?: readonly string[];
  readonly addr_info?: readonly {
    readonly local?: string;
    readonly prefixlen?: number;
    readonly scope?: string;
  }[];
}

/** `ip -j addr show`. */
export function addressesOf(json: string): { links: LinkState[]; addresses: HeldAddress[] } {
  const links = parsedList(json).filter((link) => link.ifname !== undefined);
  return {
    links: links.map((link) => ({
      interface: link.ifname ?? "",
      up: link.flags?.includes("UP") ?? false,
      carrier: link.flags?.includes("LOWER_UP") ?? false,
    })),
    addresses: links.flatMap((link) =>
      (link.addr_info ?? []).flatMap(({ local, prefixlen, scope }) =>
        local === undefined
          ? []
          : [
              {
                interface: link.ifname ?? "",
                address: local,
                prefixLength: prefixlen ?? 0,
                scope: scope ?? "",
              },
            ],
      ),
    ),
  };
}

function parsedList(json: string): IpLink[] {
  try {
    const value: unknown = JSON.parse(json);
    if (!Array.isArray(value)) return [];
    return (value as (IpLink | null)[]).filter(
      (link) => link !== null && typeof link === "object" && Array.isArray(link.addr_info ?? []),
    ) as IpLink[];
  } catch {
    return [];
  }
}

/** The watched directory, its files, and whether keepalived's inotify watch is on this very directory and not on a removed one. */
export function watchOf(sections: Sections, running: boolean): WatchDirectory | undefined {
  const [inode, device] = first(sections, "watch.directory").split(" ").map(Number);
  if (!inode || device === undefined) return undefined;
  const watched = (sections.get("inotify") ?? []).some((line) => {
    const match = /ino:([0-9a-f]+) sdev:([0-9a-f]+)/.exec(line);
    const [, watchedInode = "0", watchedDevice = "0"] = match ?? [];
    return (
      Number.parseInt(watchedInode, 16) === inode && userDevice(Number.parseInt(watchedDevice, 16)) === device
    );
  });
  return {
    ...(running ? { watchedByKeepalived: watched } : {}),
    files: (sections.get("watch.file") ?? []).flatMap((text) => {
      const [name, changedS, ...value] = text.trim().split(" ");
      return name === undefined
        ? []
        : [{ name, changedAtMs: Number(changedS) * 1000, value: value.join(" ") }];
    }),
  };
}

/** The kernel's device number (12 bits major, 20 bits minor) as stat(1) prints it. */
function userDevice(kernelDevice: number): number {
  const major = kernelDevice >>> 20;
  const minor = kernelDevice & 0xf_ff_ff;
  return (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12);
}

/** Counted adverts for every one expected; undefined where the node has nothing to count with. */
export function advertsOf(sections: Sections, request: ObservationRequest): AdvertCount[] | undefined {
  const counted = sections.get("adverts");
  if (counted !== undefined) {
    const packets = new Map<string, number>();
    for (const line of counted) {
      const match = /counter packets (\d+) .*comment "([^"]+)"/.exec(line);
      if (match?.[1] !== undefined && match[2] !== undefined) packets.set(match[2], Number(match[1]));
    }
    return request.expected.map(({ router, peer }, index) => ({
      router,
      peer,
      arrived: packets.get(`arrived ${index}`) ?? 0,
      delivered: packets.get(`delivered ${index}`) ?? 0,
      otherVrid: packets.get(`other ${index}`) ?? 0,
    }));
  }
  const captured = sections.get("adverts.captured")?.[0];
  return captured === undefined ? undefined : capturedAdverts(captured.split("|"), request);
}

/** tcpdump's lines, e.g. `IP 10.0.0.1 > 10.0.0.2: vrrp 10.0.0.1 > 10.0.0.2: VRRPv2, Advertisement, vrid 50, prio 101, ...`. */
function capturedAdverts(lines: readonly string[], request: ObservationRequest): AdvertCount[] {
  return request.expected.map(({ router, peer, peerAddress, vrid }) => {
    const ofPeer = lines.filter((line) => line.includes(` ${peerAddress} > `) && /vrid \d+/i.test(line));
    const ours = ofPeer.filter((line) => new RegExp(`vrid ${vrid}\\b`, "i").test(line));
    return { router, peer, arrived: ours.length, otherVrid: ofPeer.length - ours.length };
  });
}
