// What has changed between looks at HAProxy, as facts. Pure; it keeps what was said last, and two looks of the present worker.

import type { FactReport } from "../../agent-api/index.ts";
import { type ProxyLook, type ProxyNumbers, proxyNumbers } from "../../haproxy/index.ts";
import { evidence } from "./source.ts";

/** More servers are counted, and not reported one by one. */
export const SERVERS_MAX = 500;

export interface HaproxyFacts {
  /** One look at a worker. */
  take(worker: number, look: ProxyLook): { readonly reports: FactReport[]; readonly numbers: ProxyNumbers };
  /** It did not answer. */
  silent(why: string): FactReport[];
}

export function haproxyFacts(): HaproxyFacts {
  const servers = new Map<string, string>();
  let answering: string | undefined;
  let worker: number | undefined;
  /** Of the present worker, the older one first. */
  let looks: ProxyLook[] = [];

  const answers = (value: string, why?: string): FactReport[] => {
    if (answering === value) return [];
    answering = value;
    const because = why === undefined ? {} : { evidence: evidence(why) };
    return [{ kind: "answering", subject: "haproxy", value, ...because }];
  };
  const workerIs = (now: number): FactReport[] => {
    if (worker === now) return [];
    worker = now;
    looks = [];
    return [{ kind: "worker", subject: "haproxy", value: String(now) }];
  };
  return {
    take(now, look) {
      const reports = [...answers("yes"), ...workerIs(now), ...serverChanges(servers, look)];
      const numbers = proxyNumbers(look, looks[0]);
      looks = [...looks.slice(-1), look];
      return { reports, numbers };
    },
    silent(why) {
      looks = [];
      return answers("no", why);
    },
  };
}

function serverChanges(said: Map<string, string>, look: ProxyLook): FactReport[] {
  const reports: FactReport[] = [];
  for (const { name, state, said: words } of look.servers) {
    if (said.get(name) === state) continue;
    said.set(name, state);
    reports.push({ kind: "server", subject: name, value: state, evidence: evidence(`${name}: ${words}`) });
  }
  // All that were said are listed: none has gone.
  if (said.size === look.servers.length) return reports;
  const listed = new Set(look.servers.map((server) => server.name));
  for (const name of said.keys()) {
    if (listed.has(name)) continue;
    said.delete(name);
    reports.push({
      kind: "server",
      subject: name,
      value: "maint",
      detail: { gone: "yes" },
      evidence: evidence(`${name}: HAProxy does not list it any more`),
    });
  }
  return reports;
}
