// Entries of the journal as systemd 247 to 257, keepalived 2.2.7 and 2.3.3 and HAProxy 2.4 to 3.2 write them, and what a journal may hold besides.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EVIDENCE_LENGTH_MAX } from "../../agent-api/index.ts";
import { journalFacts, parseJournalLine } from "./journal-entry.ts";

const CURSOR = "s=2af0d5b1;i=1a2f;b=5e1f;m=9c40;t=61f0;x=8a1c";

function line(fields: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ __CURSOR: CURSOR, __REALTIME_TIMESTAMP: "1795817401123456", ...fields });
}
const systemd = (unit: string, message: string, fields: Readonly<Record<string, string>> = {}): string =>
  line({ _PID: "1", UNIT: unit, MESSAGE: message, ...fields });
const keepalived = (message: string): string =>
  line({ _PID: "812", _SYSTEMD_UNIT: "keepalived.service", MESSAGE: message });
const haproxy = (message: string): string =>
  line({ _PID: "17355", _SYSTEMD_UNIT: "haproxy.service", _TRANSPORT: "stdout", MESSAGE: message });

/** `KIND SUBJECT VALUE`, with the result or reason where there is one. */
function facts(...lines: readonly string[]): string[] {
  const reader = journalFacts(["ext-lb"]);
  return lines.flatMap((text) => {
    const entry = parseJournalLine(text);
    if (entry === undefined) return ["unread"];
    return reader
      .read(entry)
      .map(({ kind, subject, value, detail }) =>
        [kind, subject, value, detail?.["result"] ?? detail?.["reason"]].filter(Boolean).join(" "),
      );
  });
}

const exited = { MESSAGE_ID: "98e322203f7a4ed290d09fe03c09fe15" };
const failedWith = (result: string): string =>
  systemd("haproxy.service", `haproxy.service: Failed with result '${result}'.`, {
    MESSAGE_ID: "d9b373ed55a64feb8242e02dbe79a49c",
    UNIT_RESULT: result,
  });
const mainExited = (code: string, status: string): string =>
  systemd("haproxy.service", `haproxy.service: Main process exited, code=${code}, status=${status}/KILL`, {
    ...exited,
    EXIT_CODE: code,
    EXIT_STATUS: status,
  });
const job = (id: string, type: string, result: string, message = "..."): string =>
  systemd("haproxy.service", message, { MESSAGE_ID: id, JOB_TYPE: type, JOB_RESULT: result });

describe("systemd", () => {
  it("tells a crash and the restart after it", () => {
    expect(
      facts(
        mainExited("killed", "9"),
        failedWith("signal"),
        systemd("haproxy.service", "haproxy.service: Scheduled restart job, restart counter is at 1.", {
          MESSAGE_ID: "5eb03494b6584870a536b337290809b3",
        }),
        job("9d1aaa27d60140bd96365438aad20286", "restart", "done", "Stopped HAProxy Load Balancer."),
        job("7d4958e842da4a758f6c1cdc7b36dcc5", "start", "", "Starting HAProxy Load Balancer..."),
        job("39f53479d3a045ac8e11786248231fbf", "start", "done", "Started HAProxy Load Balancer."),
        failedWith("signal"),
      ),
    ).toEqual([
      "unit haproxy stopping signal 9",
      "unit haproxy failed signal 9",
      "unit haproxy starting",
      "unit haproxy starting",
      "unit haproxy active",
      // The new run has not ended: nothing more exact is known of it.
      "unit haproxy failed signal",
    ]);
  });

  it.each([
    [
      "out of memory",
      systemd(
        "haproxy.service",
        "haproxy.service: A process of this unit has been killed by the OOM killer.",
        {
          MESSAGE_ID: "fe6faa94e7774663a0da52717891d8ef",
        },
      ),
      "oom-kill",
    ],
    ["the watchdog", systemd("haproxy.service", "haproxy.service: Watchdog timeout (limit 3s)!"), "watchdog"],
  ])("names %s as the reason of the end", (_, before, reason) => {
    expect(facts(before, mainExited("killed", "9"), failedWith("exit-code"))).toEqual([
      `unit haproxy stopping ${reason}`,
      `unit haproxy failed ${reason}`,
    ]);
  });

  it.each([
    [mainExited("exited", "0"), []],
    [
      systemd("haproxy.service", "haproxy.service: Control process exited, code=exited, status=1/FAILURE", {
        ...exited,
        EXIT_CODE: "exited",
        EXIT_STATUS: "1",
      }),
      [],
    ],
    [job("de5b426a63be47a7b6ac3eaac82e2f6f", "stop", ""), ["unit haproxy stopping"]],
    [job("7ad2d189f7e94e70a38c781354912448", "", ""), ["unit haproxy inactive success"]],
    [job("d34d037fff1847e6ae669a370e694725", "reload", ""), ["unit haproxy reloading"]],
    [
      job("7b05ebc668384222baa8881179cfda54", "reload", "done"),
      ["unit haproxy active", "reload haproxy ok done"],
    ],
    [
      job("7b05ebc668384222baa8881179cfda54", "reload", "failed", "Reload failed for HAProxy Load Balancer."),
      ["unit haproxy active", "reload haproxy failed failed"],
    ],
    [job("7b05ebc668384222baa8881179cfda54", "reload", "canceled"), ["unit haproxy active"]],
    [job("be02cf6855d2428ba40df7e9d022f03d", "start", "failed"), ["unit haproxy failed failed"]],
    [job("be02cf6855d2428ba40df7e9d022f03d", "start", "dependency"), ["unit haproxy inactive dependency"]],
    [
      job(
        "39f53479d3a045ac8e11786248231fbf",
        "start",
        "done",
        "Condition check resulted in Keepalived Daemon (LVS and VRRP) being skipped.",
      ),
      ["unit haproxy inactive"],
    ],
    [failedWith("start-limit-hit"), ["unit haproxy failed start-limit-hit"]],
    [systemd("ssh.service", "...", { MESSAGE_ID: "39f53479d3a045ac8e11786248231fbf" }), []],
  ])("%s", (text, expected) => {
    expect(facts(text)).toEqual(expected);
  });

  it("stops the instances of a keepalived that is gone", () => {
    expect(
      facts(
        systemd("keepalived.service", "keepalived.service: Failed with result 'signal'.", {
          MESSAGE_ID: "d9b373ed55a64feb8242e02dbe79a49c",
          UNIT_RESULT: "signal",
        }),
      ),
    ).toEqual(["unit keepalived failed signal", "instance ext-lb STOPPED"]);
  });

  it("believes process 1 alone", () => {
    const forged = {
      UNIT: "haproxy.service",
      MESSAGE_ID: "d9b373ed55a64feb8242e02dbe79a49c",
      UNIT_RESULT: "x",
    };
    expect(facts(line({ _PID: "4711", ...forged, MESSAGE: "x" }))).toEqual([]);
    expect(
      facts(line({ _PID: "4711", _SYSTEMD_UNIT: "cron.service", MESSAGE: "(ext-lb) Entering MASTER STATE" })),
    ).toEqual([]);
  });
});

describe("keepalived", () => {
  it.each([
    ["(ext-lb) Entering MASTER STATE", ["instance ext-lb MASTER"]],
    ["(ext-lb) Entering BACKUP STATE", ["instance ext-lb BACKUP"]],
    ["(ext-lb) Entering BACKUP STATE (init)", ["instance ext-lb BACKUP", "adverts ext-lb accepted"]],
    ["(ext-lb) Entering FAULT STATE", ["instance ext-lb FAULT"]],
    ["(ext-lb): entering FAULT state due to script chk_haproxy", ["instance ext-lb FAULT"]],
    ["(ext-lb) entering FAULT state (no IPv4 address for interface)", ["instance ext-lb FAULT"]],
    ["(ext-lb): tracked file traffic now FAULT state", []],
    ["VRRP_Script(chk_haproxy) failed (exited with status 1)", ["check chk_haproxy failed"]],
    ["VRRP_Script(chk_haproxy) succeeded", ["check chk_haproxy ok"]],
    ["VRRP_Script(chk_haproxy) timed_out", ["check chk_haproxy timed-out"]],
    ["VRRP_Script(chk_haproxy) considered unsuccessful on reload", ["check chk_haproxy failed"]],
    ["Script `chk_haproxy` now returning 1", []],
    ["(ext-lb) received an invalid passwd!", ["adverts ext-lb refused password"]],
    ["(ext-lb) received an invalid passwd from 10.150.160.31!", ["adverts ext-lb refused password"]],
    ["(ext-lb) received a 1 auth, expecting 0!", ["adverts ext-lb refused authentication"]],
    ["(ext-lb) advertisement interval mismatch mine=1 sec rcv'd=2 sec", ["adverts ext-lb refused interval"]],
    [
      "(ext-lb) advertisement interval mismatch with 10.150.160.31 mine=1 sec rcv'd=2 sec",
      ["adverts ext-lb refused interval"],
    ],
    // Version 3 takes such an advert.
    ["(ext-lb) advertisement interval mismatch ours = 10 centi-sec rcv'd=100 centi-sec", []],
    ["(ext-lb) wrong version. Received 3 and expect 2", ["adverts ext-lb refused version"]],
    [
      "(ext-lb) wrong VRRP version from 10.150.160.31. Received 3 and expect 2",
      ["adverts ext-lb refused version"],
    ],
    ["(ext-lb) invalid TTL/HL. Received 64 and expect 255", ["adverts ext-lb refused ttl"]],
    ["(ext-lb) expected 1 VIPs but received 2", ["adverts ext-lb refused addresses"]],
    [
      "(ext-lb) ip address associated with VRID 50 not present in MASTER advert: 10.150.160.32",
      ["adverts ext-lb refused addresses"],
    ],
    [
      "(ext-lb) ip address associated with VRID 50 not present in advert from 10.150.160.31: 10.150.160.32",
      [],
    ],
    ["(ext-lb) Expected unicast packet but received multicast packet", ["adverts ext-lb refused unicast"]],
    ["(ext-lb) unicast source address 10.1.1.1 not a unicast peer", ["adverts ext-lb refused source"]],
    [
      "(ext-lb) Master received advert from 10.150.160.30 with higher priority 101, ours 100",
      ["adverts ext-lb accepted"],
    ],
    [
      "(ext-lb) Received advert from 10.150.160.31 with lower priority 100, ours 101",
      ["adverts ext-lb accepted"],
    ],
    ["(ext-lb) Backup received priority 0 advertisement", ["adverts ext-lb accepted"]],
    ["(ext-lb) Receive advertisement timeout", []],
    ["New config failed validation, see /tmp/check.log for details", ["reload keepalived failed"]],
    ["Starting Keepalived v2.2.7 (01/16,2022)", []],
  ])("%s", (message, expected) => {
    expect(facts(keepalived(message))).toEqual(expected);
  });
});

describe("HAProxy", () => {
  it.each([
    ["[NOTICE]   (17355) : Loading success.", ["reload haproxy ok"]],
    ["[WARNING]  (17355) : Loading failure!", ["reload haproxy failed"]],
    ["[WARNING]  (17355) : Failed to load worker!", ["reload haproxy failed"]],
    ["[WARNING] 303/161815 (12) : Reexecuting Master process in waitpid mode", ["reload haproxy failed"]],
    [
      '[WARNING]  (17358) : Server web/web-01 is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: 0ms.',
      ["server web/web-01 down"],
    ],
    [
      "[WARNING]  (17358) : Backup Server web/web-02 is UP, reason: Layer7 check passed",
      ["server web/web-02 up"],
    ],
    ["[WARNING]  (17358) : Server web/web-01 is going DOWN for maintenance.", ["server web/web-01 maint"]],
    [
      "[WARNING]  (17358) : Server web/web-01 was DOWN and now enters maintenance (No IP).",
      ["server web/web-01 maint"],
    ],
    ["[WARNING]  (17358) : Server web/web-01 enters drain state.", ["server web/web-01 drain"]],
    [
      "[WARNING]  (17358) : Server web/web-01 is UP/READY (leaving forced maintenance).",
      ["server web/web-01 up"],
    ],
    ["[ALERT]    (17358) : backend 'web' has no server available!", []],
    ["10.0.0.1:4711 [27/Nov/2026:10:00:00.000] public web/web-01 0/0/1/2/3 200 17", []],
  ])("%s", (message, expected) => {
    expect(facts(haproxy(message))).toEqual(expected);
  });

  it("says why loading failed", () => {
    const reader = journalFacts([]);
    const read = (message: string) => {
      const entry = parseJournalLine(haproxy(message));
      return entry === undefined ? [] : reader.read(entry);
    };
    read(
      "[ALERT]    (17355) : config : parsing [/etc/haproxy/haproxy.cfg:12] : unknown keyword 'bindd' in 'frontend' section",
    );
    read("[ALERT]    (17355) : config : Fatal errors found in configuration.");
    expect(read("[WARNING]  (17355) : Loading failure!")[0]?.evidence).toContain("haproxy.cfg:12");
  });
});

describe("parseJournalLine", () => {
  it("takes the sender's time where it is near the journal's", () => {
    const at = (source: string): number | undefined =>
      parseJournalLine(line({ _SOURCE_REALTIME_TIMESTAMP: source }))?.atMs;
    expect(at("1795817401120001")).toBe(1795817401120.001);
    expect(at("1795810000000000")).toBe(1795817401123.456);
    expect(at("1895817401120001")).toBe(1795817401123.456);
    expect(at("soon")).toBe(1795817401123.456);
  });

  it.each([
    [[40, 101, 41, 32, 69, 255], "(e) E\uFFFD"],
    [null, ""],
    [["first", "second"], "first"],
    [[], ""],
    [17, ""],
  ])("reads the message %j", (message, text) => {
    expect(parseJournalLine(line({ MESSAGE: message }))?.message).toBe(text);
  });

  it.each([
    "",
    "null",
    "[]",
    "{}",
    '{"__CURSOR":"x"}',
    line({ __CURSOR: "a b" }),
    line({ __CURSOR: null }),
    line({}).slice(0, 40),
  ])("is no entry: %j", (text) => {
    expect(parseJournalLine(text)).toBeUndefined();
  });

  it("never throws, and evidence is bounded", () => {
    const value = fc.oneof(
      fc.string({ unit: "binary", maxLength: 400 }),
      fc.constant(null),
      fc.array(fc.integer({ min: -5, max: 300 })),
      fc.constantFrom("1", "haproxy.service", "keepalived.service", "98e322203f7a4ed290d09fe03c09fe15"),
      fc.string().map((text) => `(${text}) Entering MASTER STATE ${"x".repeat(500)}`),
      fc.string().map((text) => `[ALERT] (1) : ${text}`),
    );
    const names = ["_PID", "UNIT", "_SYSTEMD_UNIT", "MESSAGE", "MESSAGE_ID", "JOB_RESULT", "EXIT_STATUS"];
    const reader = journalFacts(["ext-lb"]);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), value), fc.nat(80), (fields, cut) => {
        for (const text of [line(fields), line(fields).slice(cut)]) {
          const entry = parseJournalLine(text);
          if (entry === undefined) continue;
          for (const fact of reader.read(entry)) {
            expect(fact.evidence?.length ?? 0).toBeLessThanOrEqual(EVIDENCE_LENGTH_MAX);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});
