// What traffic rules and facts read from `show stat`: frontends, back ends with their counters, servers with their state.
// Rule: the shape of the numbers is the one that policy's rules take, said here anew because haproxy knows no policy; only counters of one worker are compared.

import { statReader } from "./stat-columns.ts";

export type ServerState = "up" | "down" | "maint" | "drain" | "unverified" | "unchecked";

export interface ServerStatus {
  /** BACKEND/SERVER. */
  readonly name: string;
  readonly state: ServerState;
  /** `DOWN 1/2, L4CON`: what HAProxy says, for evidence. */
  readonly said: string;
}

export interface FrontendNumbers {
  readonly open: boolean;
  readonly sessions: number;
  /** 0: none. */
  readonly sessionLimit: number;
}

export interface BackendNumbers {
  /** Up, checked by this worker and its last check well; or checked by nobody. */
  readonly serversUp: number;
  /** Not checked by this worker yet, or on the way down or up: its last check spoke against what it is called. */
  readonly serversUnverified: number;
  readonly serversTotal: number;
  /** Requests that wait for a server, in the back end's queue and its servers'. */
  readonly queue: number;
  /** Since the other look; absent where there is none to compare with. */
  readonly recent?: { readonly requests: number; readonly errors: number };
}

export interface ProxyNumbers {
  readonly answering: boolean;
  /** There is no process that could answer: it is being stopped, or started again. */
  readonly absent?: true;
  readonly frontends: ReadonlyMap<string, FrontendNumbers>;
  readonly backends: ReadonlyMap<string, BackendNumbers>;
}

/** Counters of a back end since its worker started. */
interface BackendCounters {
  readonly requests: number;
  readonly errors: number;
}

/** One answer of `show stat`. */
export interface ProxyLook {
  readonly frontends: ReadonlyMap<string, FrontendNumbers>;
  readonly backends: ReadonlyMap<string, Omit<BackendNumbers, "recent">>;
  readonly counters: ReadonlyMap<string, BackendCounters>;
  /** The first of the servers, `serversMax` at most. */
  readonly servers: readonly ServerStatus[];
  /** All of them. */
  readonly serversTotal: number;
}

/** The numbers of an HAProxy that does not answer. */
export const noNumbers: ProxyNumbers = { answering: false, frontends: new Map(), backends: new Map() };
/** Of a look that finds nobody. */
export const nobodyThere: ProxyNumbers = { ...noNumbers, absent: true };

const COLUMNS = [
  "pxname",
  "svname",
  "qcur",
  "scur",
  "slim",
  "stot",
  "econ",
  "eresp",
  "status",
  "type",
  "check_status",
  "tracked",
  "hrsp_5xx",
  "req_tot",
] as const;

type Column = (typeof COLUMNS)[number];

const place = Object.fromEntries(COLUMNS.map((name, index) => [name, index])) as Readonly<
  Record<Column, number>
>;

const reader = statReader(COLUMNS);

/** Values of the column `type`. */
const FRONTEND = "0";
const BACKEND = "1";
const SERVER = "2";

/** Reads the answer of `show stat`; undefined where it is something else. Servers beyond `serversMax` are counted and not listed. */
export function readProxyLook(csv: string, serversMax: number): ProxyLook | undefined {
  const frontends = new Map<string, FrontendNumbers>();
  const backends = new Map<string, Omit<BackendNumbers, "recent">>();
  const counters = new Map<string, BackendCounters>();
  const servers = new Servers(serversMax);
  const known = reader.each(csv, (fields) => {
    const field = (column: Column): string => fields[place[column]] ?? "";
    const number = (column: Column): number => count(field(column));
    const proxy = field("pxname");
    const type = field("type");
    if (type === SERVER) {
      servers.add(proxy, field("svname"), field("status"), field("check_status"), field("tracked"));
      servers.queued(proxy, number("qcur"));
    } else if (type === FRONTEND) {
      // STOP and PAUSED accept nothing.
      const open = field("status") === "OPEN";
      frontends.set(proxy, { open, sessions: number("scur"), sessionLimit: number("slim") });
    } else if (type === BACKEND) {
      // The row of the back end comes after those of its servers.
      const tally = servers.tallyOf(proxy);
      backends.set(proxy, { ...tally, queue: tally.queue + number("qcur") });
      counters.set(proxy, countersOf(field, number));
    }
  });
  if (!known) return undefined;
  return { frontends, backends, counters, servers: servers.listed, serversTotal: servers.total };
}

/** In HTTP a failed connection is answered 503 and counted there; elsewhere it is counted by itself. */
function countersOf(field: (column: Column) => string, number: (column: Column) => number): BackendCounters {
  return field("hrsp_5xx") === ""
    ? { requests: number("stot"), errors: number("econ") + number("eresp") }
    : { requests: field("req_tot") === "" ? number("stot") : number("req_tot"), errors: number("hrsp_5xx") };
}

function count(text: string): number {
  const value = Number(text);
  return Number.isFinite(value) && value > 0 ? value : 0;
}

/** The numbers of this look, with what happened since `before`, an earlier look at the same worker. */
export function proxyNumbers(look: ProxyLook, before?: ProxyLook): ProxyNumbers {
  const backends = new Map<string, BackendNumbers>();
  for (const [name, numbers] of look.backends) {
    const recent = difference(look.counters.get(name), before?.counters.get(name));
    backends.set(name, recent === undefined ? numbers : { ...numbers, recent });
  }
  return { answering: true, frontends: look.frontends, backends };
}

/** undefined: nothing to compare with, or the counters were cleared in between. */
function difference(now?: BackendCounters, before?: BackendCounters): BackendCounters | undefined {
  if (now === undefined || before === undefined) return undefined;
  const errors = now.errors - before.errors;
  // An error may end a request that began before: of more errors than requests, all failed.
  const requests = Math.max(now.requests - before.requests, errors);
  return errors < 0 || now.requests < before.requests ? undefined : { requests, errors };
}

interface Tally {
  serversUp: number;
  serversUnverified: number;
  serversTotal: number;
  queue: number;
}

/** Servers as their rows come, tallied by back end. */
class Servers {
  readonly listed: ServerStatus[] = [];
  total = 0;
  readonly #listedMax: number;
  readonly #tallies = new Map<string, Tally>();
  /** Checked servers that this worker has not checked yet: those that track them are not verified either. */
  readonly #unverified = new Set<string>();

  constructor(listedMax: number) {
    this.#listedMax = listedMax;
  }

  add(backend: string, server: string, status: string, checkStatus: string, tracked: string): void {
    const name = `${backend}/${server}`;
    const unverified = isInitial(checkStatus) || (tracked !== "" && this.#unverified.has(tracked));
    if (unverified) this.#unverified.add(name);
    const state = serverState(status, unverified);
    const tally = this.tallyOf(backend);
    tally.serversTotal += 1;
    if (isTurning(status) || state === "unverified") tally.serversUnverified += 1;
    else if (state === "up" || state === "unchecked") tally.serversUp += 1;
    this.total += 1;
    if (this.listed.length < this.#listedMax) {
      this.listed.push({ name, state, said: checkStatus === "" ? status : `${status}, ${checkStatus}` });
    }
  }

  queued(backend: string, requests: number): void {
    this.tallyOf(backend).queue += requests;
  }

  tallyOf(backend: string): Tally {
    const known = this.#tallies.get(backend);
    if (known !== undefined) return known;
    const made = { serversUp: 0, serversUnverified: 0, serversTotal: 0, queue: 0 };
    this.#tallies.set(backend, made);
    return made;
  }
}

/** `INI`, with `* ` before it while the first check runs: this worker has not checked the server yet. */
function isInitial(checkStatus: string): boolean {
  return checkStatus === "INI" || checkStatus === "* INI";
}

/** `UP 1/3`, `DOWN 1/2`: its last checks spoke against that, and it is called so until more of them have. Nobody can tell now which it is. */
function isTurning(status: string): boolean {
  return /^(?:UP|DOWN) \d/.test(status);
}

/** The state that HAProxy's words mean: `UP 1/3` is going down and still up, `DOWN 1/2` is going up and still down. */
export function serverState(status: string, unverified: boolean): ServerState {
  if (status.startsWith("MAINT")) return "maint";
  // NOLB: the server asked for no new sessions (http-check disable-on-404).
  if (status.startsWith("DRAIN") || status.startsWith("NOLB")) return "drain";
  if (status === "no check") return "unchecked";
  if (unverified) return "unverified";
  return status.startsWith("UP") ? "up" : "down";
}
