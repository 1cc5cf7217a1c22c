// What rules read from `show stat`: real rows of HAProxy 2.6, and what their words mean.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { noNumbers, proxyNumbers, readProxyLook, serverState } from "./proxy-numbers.ts";
import { readShowStat } from "./runtime.ts";
import { statReader } from "./stat-columns.ts";

const HEADER =
  "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt,last_chk,";

/** A row with the given columns; the others are empty, as HAProxy leaves those that do not apply. */
function row(columns: Readonly<Record<string, string>>): string {
  return `${HEADER.slice(2, -1)
    .split(",")
    .map((name) => columns[name] ?? "")
    .join(",")},`;
}

function server(
  name: string,
  status: string,
  checkStatus: string,
  more: Record<string, string> = {},
): string {
  return row({
    pxname: "web",
    svname: name,
    type: "2",
    status,
    check_status: checkStatus,
    qcur: "0",
    ...more,
  });
}

const backend = (more: Record<string, string>): string =>
  row({ pxname: "web", svname: "BACKEND", type: "1", status: "UP", qcur: "0", stot: "0", ...more });

const stat = (...rows: string[]): string => `${[HEADER, ...rows].join("\n")}\n\n`;

describe("readProxyLook", () => {
  it("reads frontends, back ends and servers", () => {
    const look = readProxyLook(
      stat(
        row({ pxname: "public", svname: "FRONTEND", type: "0", status: "OPEN", scur: "12", slim: "2000" }),
        row({ pxname: "old", svname: "FRONTEND", type: "0", status: "STOP", scur: "0", slim: "100" }),
        server("web-01", "UP", "L7OK", { qcur: "2" }),
        server("web-02", "DOWN", "* L4CON"),
        server("web-03", "no check", ""),
        server("web-04", "MAINT (via web/web-01)", ""),
        server("web-05", "UP", "* INI"),
        server("web-06", "UP", "", { tracked: "web/web-05" }),
        server("web-07", "UP 1/3", "L4CON"),
        server("web-08", "DOWN 1/2", "L4OK"),
        backend({ qcur: "5" }),
      ),
      100,
    );
    expect(look?.frontends).toEqual(
      new Map([
        ["public", { open: true, sessions: 12, sessionLimit: 2000 }],
        ["old", { open: false, sessions: 0, sessionLimit: 100 }],
      ]),
    );
    expect(look?.backends).toEqual(
      new Map([["web", { serversUp: 2, serversUnverified: 4, serversTotal: 8, queue: 7 }]]),
    );
    expect(look?.servers.map(({ name, state }) => `${name} ${state}`)).toEqual([
      "web/web-01 up",
      "web/web-02 down",
      "web/web-03 unchecked",
      "web/web-04 maint",
      "web/web-05 unverified",
      "web/web-06 unverified",
      "web/web-07 up",
      "web/web-08 down",
    ]);
    expect(look?.servers[1]?.said).toBe("DOWN, * L4CON");
  });

  it("finds columns by name, whatever their order and number", () => {
    const look = readProxyLook(
      `# pxname,type,status,svname,brand_new\nweb,2,UP,a,"x,""\n"\nweb,1,UP,BACKEND,\n`,
      10,
    );
    expect(look?.backends.get("web")).toEqual({
      serversUp: 1,
      serversUnverified: 0,
      serversTotal: 1,
      queue: 0,
    });
  });

  it("lists no more servers than asked, and counts them all", () => {
    const rows = Array.from({ length: 30 }, (_, index) => server(`s${index}`, "UP", "L4OK"));
    const look = readProxyLook(stat(...rows, backend({})), 10);
    expect(look?.servers).toHaveLength(10);
    expect(look?.serversTotal).toBe(30);
    expect(look?.backends.get("web")?.serversUp).toBe(30);
  });

  it("is nothing where the answer is something else", () => {
    expect(readProxyLook("Permission denied\n", 10)).toBeUndefined();
    expect(readProxyLook("", 10)).toBeUndefined();
    expect(readProxyLook(`# pxname,${"type,".repeat(100_000)}\nx\n`, 10)).toBeUndefined();
  });

  it("agrees with the plain reader on any rows, and never throws", () => {
    const reader = statReader(["x", "status", "pxname"]);
    const field = fc.oneof(
      fc.constantFrom("UP", "0", "2", "1", "", "INI"),
      fc.string({ maxLength: 8 }).map((text) => text.replaceAll("\r", "")),
    );
    const quoted = field.map((text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text));
    fc.assert(
      fc.property(fc.array(fc.array(quoted, { minLength: 5, maxLength: 5 }), { maxLength: 8 }), (records) => {
        const csv = `# pxname,svname,status,type,x\n${records.map((record) => `${record.join(",")}\n`).join("")}`;
        const seen: string[][] = [];
        reader.each(csv, (fields) => seen.push([...fields]));
        const expected = readShowStat(csv).map((found) =>
          ["x", "status", "pxname"].map((name) => found.columns.get(name) ?? ""),
        );
        expect(seen).toEqual(expected);
      }),
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.nat(60), (noise, cut) => {
        readProxyLook(noise, 10);
        const whole = stat(server("a", "UP", "L7OK"), backend({}));
        readProxyLook(whole.slice(0, whole.length - cut) + noise, 10);
      }),
    );
  });
});

describe("proxyNumbers", () => {
  const look = (columns: Record<string, string>) => {
    const found = readProxyLook(stat(server("a", "UP", "L7OK"), backend(columns)), 10);
    if (found === undefined) throw new Error("a look");
    return found;
  };

  it.each([
    [
      "HTTP: answers 5xx of the requests",
      { req_tot: "1000", hrsp_5xx: "10" },
      { req_tot: "1100", hrsp_5xx: "35", econ: "25" },
      { requests: 100, errors: 25 },
    ],
    [
      "TCP: failed connections of the sessions",
      { stot: "50", econ: "1", eresp: "0" },
      { stot: "60", econ: "4", eresp: "2" },
      { requests: 10, errors: 5 },
    ],
    [
      "errors of requests that began before",
      { req_tot: "10", hrsp_5xx: "0" },
      { req_tot: "10", hrsp_5xx: "3" },
      { requests: 3, errors: 3 },
    ],
    [
      "cleared counters say nothing",
      { req_tot: "10", hrsp_5xx: "5" },
      { req_tot: "1", hrsp_5xx: "0" },
      undefined,
    ],
  ])("%s", (_, before, now, recent) => {
    expect(proxyNumbers(look(now), look(before)).backends.get("web")?.recent).toEqual(recent);
  });

  it("says nothing of what happened without another look", () => {
    const numbers = proxyNumbers(look({ req_tot: "10", hrsp_5xx: "5" }));
    expect(numbers.answering).toBe(true);
    expect(numbers.backends.get("web")).not.toHaveProperty("recent");
    expect(noNumbers.answering).toBe(false);
  });
});

describe("serverState", () => {
  it.each([
    ["UP", "up"],
    ["UP 1/3", "up"],
    ["DOWN", "down"],
    ["DOWN 1/2", "down"],
    ["DOWN (agent)", "down"],
    ["NOLB", "drain"],
    ["NOLB 1/3", "drain"],
    ["DRAIN", "drain"],
    ["DRAIN (agent)", "drain"],
    ["MAINT", "maint"],
    ["MAINT (resolution)", "maint"],
    ["no check", "unchecked"],
  ])("%s is %s", (status, state) => {
    expect(serverState(status, false)).toBe(state);
  });

  it("is unverified until this worker has checked, up or down, but not what the operator set", () => {
    expect(serverState("UP", true)).toBe("unverified");
    expect(serverState("DOWN", true)).toBe("unverified");
    expect(serverState("MAINT", true)).toBe("maint");
  });
});
