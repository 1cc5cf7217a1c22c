// What sources read: keepalived's FIFO, the journal, ip, systemctl, HAProxy's runtime socket. Samples as the programs write them.

import {
  ADDRESS_LINE_MAX_BYTES,
  addressBook,
  readAddressLine,
} from "../../../src/agent/sources/address-line.ts";
import {
  certificateCommand,
  readCertificate,
  readCertificateNames,
} from "../../../src/agent/sources/certificate-answer.ts";
import { haproxyFacts, SERVERS_MAX } from "../../../src/agent/sources/haproxy-facts.ts";
import { ENTRY_BYTES_MAX, journalFacts, parseJournalLine } from "../../../src/agent/sources/journal-entry.ts";
import { lineReader } from "../../../src/agent/sources/line-reader.ts";
import { NOTIFY_LINE_MAX_BYTES, readNotifyLine } from "../../../src/agent/sources/notify-line.ts";
import { readUnitProperties } from "../../../src/agent/sources/unit-properties.ts";
import { answerReader, lookIsComplete, readProxyLook, readWorkerInfo } from "../../../src/haproxy/index.ts";
import type { Random } from "../random.ts";
import { mutatedBytes, mutatedJson, mutatedText, pieces } from "./mutations.ts";
import { type FuzzTarget, must, mustBeFacts } from "./target.ts";

/** Lines of one input, so that a bound on facts holds for all of them together. */
const FACTS_PER_INPUT_MAX = 4000;

const NOTIFY = [
  'INSTANCE "ext-lb" MASTER 101\nINSTANCE "ext-lb" MASTER_RX_LOWER_PRI 101\n',
  'INSTANCE "ext-lb" BACKUP 100\nGROUP "all" BACKUP 100\nINSTANCE "int lb" FAULT 100\n',
  'INSTANCE "ext-lb" STOP 0\nINSTANCE "ext-lb" DELETED 0\n',
];

const notifyLines: FuzzTarget<readonly Buffer[]> = {
  name: "notify",
  make: (random) => pieces(random, mutatedBytes(random, Buffer.from(random.pick(NOTIFY)))),
  begin() {
    const lines: string[] = [];
    const reader = lineReader(NOTIFY_LINE_MAX_BYTES, (line) => lines.push(line));
    return (chunks) => {
      lines.length = 0;
      for (const chunk of chunks) reader.push(chunk);
      for (const line of lines)
        must(line.length <= NOTIFY_LINE_MAX_BYTES, () => `a line of ${line.length} characters`);
      mustBeFacts(
        lines.flatMap((line) => readNotifyLine(line) ?? []),
        FACTS_PER_INPUT_MAX,
      );
    };
  },
};

const CURSOR = "s=2af0d5b1;i=1a2f;b=5e1f;m=9c40;t=61f0;x=8a1c";
const systemd = (id: string, message: string, more: Readonly<Record<string, unknown>> = {}): object => ({
  ...{ _PID: "1", UNIT: "haproxy.service", MESSAGE_ID: id, MESSAGE: message },
  ...more,
});
const daemon = (unit: string, message: unknown): object => ({
  ...{ _PID: "812", _SYSTEMD_UNIT: unit, _TRANSPORT: "stdout", MESSAGE: message },
});
const KEEPALIVED = [
  "(ext-lb) Entering MASTER STATE",
  "VRRP_Instance(ext-lb) Entering BACKUP STATE (init)",
  "VRRP_Script(chk_haproxy) failed (exited with status 1)",
  "VRRP_Script(chk_haproxy) considered successful on reload",
  "(ext-lb) received an invalid passwd!",
  "(ext-lb) Received advert from 192.0.2.12 with lower priority 100, ours 101",
  "(ext-lb) advertisement interval mismatch mine=1000 milli-sec rcvd'd=2000 milli-sec",
  "New config failed validation, see log for details",
];
const HAPROXY = [
  "[NOTICE]   (17355) : Loading success.",
  "[ALERT]    (17355) : config : parsing [/etc/haproxy/haproxy.cfg:12] : unknown keyword 'x'",
  "[WARNING] 303/161811 (12) : Reexecuting Master process in waitpid mode",
  "[WARNING]  (17357) : Server web/web-01 is DOWN, reason: Layer4 connection problem. 1 active servers left.",
  "[WARNING]  (17357) : Backup Server web/web-02 is UP, reason: Layer7 check passed, code: 200.",
];
const JOURNAL: readonly object[] = [
  systemd("39f53479d3a045ac8e11786248231fbf", "Started HAProxy Load Balancer.", { JOB_RESULT: "done" }),
  systemd(
    "98e322203f7a4ed290d09fe03c09fe15",
    "haproxy.service: Main process exited, code=killed, status=9/KILL",
    {
      ...{ EXIT_CODE: "killed", EXIT_STATUS: "9" },
    },
  ),
  systemd("d9b373ed55a64feb8242e02dbe79a49c", "haproxy.service: Failed with result 'signal'.", {
    ...{ UNIT: "keepalived.service", UNIT_RESULT: "signal" },
  }),
  systemd("7b05ebc668384222baa8881179cfda54", "Reload failed", { JOB_RESULT: "failed" }),
  systemd("", "haproxy.service: Watchdog timeout (limit 3s)!"),
  ...KEEPALIVED.map((message) => daemon("keepalived.service", message)),
  ...HAPROXY.map((message) => daemon("haproxy.service", message)),
  daemon("keepalived.service", [...Buffer.from("(ext-lb) Entering FAULT STATE")]),
  daemon("haproxy.service", null),
].map((fields) => ({ __CURSOR: CURSOR, __REALTIME_TIMESTAMP: "1795817401123456", ...fields }));

const journal: FuzzTarget<readonly Buffer[]> = {
  name: "journal",
  make(random) {
    const entries = Array.from({ length: 1 + random.below(3) }, () =>
      JSON.stringify(mutatedJson(random, random.pick(JOURNAL))),
    );
    const text = `${entries.join("\n")}\n`;
    return pieces(
      random,
      random.below(3) === 0 ? mutatedBytes(random, Buffer.from(text)) : Buffer.from(text),
    );
  },
  begin() {
    const facts = journalFacts(["ext-lb", "int-lb"]);
    const lines: string[] = [];
    const reader = lineReader(ENTRY_BYTES_MAX, (line) => lines.push(line));
    return (chunks) => {
      lines.length = 0;
      for (const chunk of chunks) reader.push(chunk);
      for (const line of lines) {
        const entry = parseJournalLine(line);
        if (entry === undefined) continue;
        must(/^[\w=;:+/.-]{1,500}$/.test(entry.cursor), () => `the cursor ${JSON.stringify(entry.cursor)}`);
        mustBeFacts(facts.read(entry), 8);
      }
    };
  },
};

const ADDRESSES = [
  "2: ens192    inet 10.150.160.32/32 scope global ens192\\       valid_lft forever preferred_lft forever",
  "Deleted 2: ens192    inet 10.150.160.32/32 scope global ens192\\       valid_lft forever preferred_lft forever",
  "3: ens192.5    inet6 2001:db8::50/128 scope global nodad \\       valid_lft forever preferred_lft forever",
  "2: ens192: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP group default \\    link/ether 00:50:56:9a",
  "2: ens192@if7: <NO-CARRIER,BROADCAST,MULTICAST,UP> mtu 1500 qdisc noqueue state DOWN group default \\    link/ether 00",
];

const addresses: FuzzTarget<string> = {
  name: "addresses",
  make: (random) => mutatedText(random, random.pick(ADDRESSES), ADDRESS_LINE_MAX_BYTES),
  begin() {
    const book = addressBook(["10.150.160.32", "2001:db8::50", "2001:DB8:0::0051"], ["ens192", "ens192.5"]);
    return (line) => {
      readAddressLine(line);
      mustBeFacts(book.take(line), 4);
    };
  },
};

const UNITS = [
  "Id=haproxy.service\nActiveState=active\nSubState=running\nResult=success\nStateChangeTimestampMonotonic=5000000\n" +
    "\nId=keepalived.service\nActiveState=activating\nSubState=auto-restart\nResult=signal\nExecMainCode=2\nExecMainStatus=9\n",
  "Id=keepalived.service\nActiveState=failed\nSubState=failed\nResult=oom-kill\nExecMainCode=3\nExecMainStatus=6\n",
  "Id=haproxy.service\nActiveState=deactivating\nSubState=stop-post\nResult=exit-code\nExecMainCode=1\nExecMainStatus=1\n",
];

const units: FuzzTarget<string> = {
  name: "units",
  make: (random) => mutatedText(random, random.pick(UNITS)),
  begin: () => (output) => {
    mustBeFacts(
      readUnitProperties(output).flatMap(({ state }) => state ?? []),
      FACTS_PER_INPUT_MAX,
    );
  },
};

const HEADER =
  "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,req_rate_max,req_tot,cli_abrt,srv_abrt,last_chk,";
const ROWS = [
  "web,FRONTEND,,,12,40,2000,911,1000,2000,0,0,3,,,,,OPEN,,,,,,,,,1,2,0,,,,0,3,0,9,,,,0,900,0,8,3,0,,3,9,911,,,,",
  'web,web-01,0,0,1,9,,455,500,1000,,0,,0,0,0,0,UP,1,1,0,0,0,90,0,,1,3,1,,455,,2,1,,4,L7OK,200,1,0,450,0,4,1,0,0,,,455,0,0,"Layer7 check, passed",',
  "web,web-02,0,0,0,9,,455,500,1000,,0,,2,0,0,0,DOWN 1/2,1,1,0,2,1,30,30,,1,3,2,,455,web/web-01,2,1,,4,* L4CON,,0,0,450,0,4,1,0,0,,,455,0,0,,",
  "web,BACKEND,3,5,1,18,200,910,1000,2000,0,0,,2,0,0,0,UP,1,1,0,,0,90,0,,1,3,0,,910,,1,2,,8,,,,0,900,0,8,2,0,,,,910,0,0,,",
];

function proxyAnswer(random: Random): string {
  const rows = Array.from({ length: 1 + random.below(12) }, () => random.pick(ROWS));
  const info = `Name: HAProxy\nVersion: 2.6.12\nPid: ${1 + random.below(3)}\nStopping: ${random.below(9) === 0 ? 1 : 0}\n`;
  return `${info}${random.below(2) === 0 ? "\n> " : "\n"}${HEADER}\n${rows.join("\n")}\n\n> `;
}

/** Smaller than the real bound, so that it is reached. */
const LOOK_LENGTH_MAX = 16_000;

const runtime: FuzzTarget<readonly string[]> = {
  name: "runtime",
  make: (random) => pieces(random, mutatedText(random, proxyAnswer(random))),
  begin() {
    const facts = haproxyFacts();
    return (chunks) => {
      const reader = answerReader(LOOK_LENGTH_MAX);
      reader.expect(lookIsComplete);
      for (const chunk of chunks) {
        const got = reader.push(chunk);
        if (got === undefined) continue;
        // After either the connection asks the next question, or is closed.
        if ("failure" in got) return mustBeFacts(facts.silent(got.failure), 1);
        must(got.answer.length <= LOOK_LENGTH_MAX, () => "an answer beyond the bound");
        const worker = readWorkerInfo(got.answer);
        const look = readProxyLook(got.answer, SERVERS_MAX);
        if (worker === undefined || look === undefined) return;
        const { reports, numbers } = facts.take(worker.processId, look);
        mustBeFacts(reports, 2 * SERVERS_MAX + 2);
        for (const { serversUp, serversTotal, queue, recent } of numbers.backends.values()) {
          must(serversUp <= serversTotal, () => "more servers up than there are");
          must(queue >= 0 && Number.isFinite(queue), () => `a queue of ${queue}`);
          must(
            recent === undefined || (recent.errors >= 0 && recent.errors <= recent.requests),
            () => `${recent?.errors} errors of ${recent?.requests} requests`,
          );
        }
        return;
      }
    };
  },
};

const CERTIFICATE_LIST =
  "# transaction\n*/etc/haproxy/new.pem\n\n# filename\n/etc/haproxy/my site.pem\n/etc/haproxy/site.pem\n@store/other.pem\n\n";
const CERTIFICATE = `Filename: /etc/haproxy/site.pem
Status: Used
Serial: 08FD79BD27D7BE249EFB7BE202B6EF59963D5EC5
notBefore: Nov 27 22:33:47 2026 GMT
notAfter: Dec  7 22:33:47 2026 GMT
Subject: /CN=www.example.net
`;
const CERTIFICATES_MAX = 20;

const certificates: FuzzTarget<{ readonly list: string; readonly one: string }> = {
  name: "certificates",
  make: (random) => ({ list: mutatedText(random, CERTIFICATE_LIST), one: mutatedText(random, CERTIFICATE) }),
  begin: () => (answer) => {
    const names = readCertificateNames(answer.list, CERTIFICATES_MAX);
    must(names.length <= CERTIFICATES_MAX, () => `${names.length} names`);
    for (const name of names) {
      const command = certificateCommand(name);
      // Whatever a file is called, it is one command with one word.
      must(
        /^show ssl cert (?:[^\\ \t\n;"']|\\[^\n])+\n$/.test(command),
        () => `the command ${JSON.stringify(command)}`,
      );
      mustBeFacts(
        [readCertificate(name, answer.one)].flatMap((fact) => fact ?? []),
        1,
      );
    }
  },
};

export const sourceTargets = [notifyLines, journal, addresses, units, runtime, certificates] as const;
