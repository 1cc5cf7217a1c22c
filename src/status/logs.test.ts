import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { documentPair } from "../../test/support/status-fixtures/scenes.ts";
import { type Host, prefixHost } from "../host/index.ts";
import { followLogs, readLogs, renderLogEntry } from "./logs.ts";

// A program named journalctl that says what a journal said, on this machine; the rest (sh, date) is real.
let folder = "";
const pair = documentPair();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-logs-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A host whose journalctl runs `script`; `aheadS`: how far its clock is ahead. */
function host(name: string, script: string, aheadS = 0): Host {
  const bin = join(folder, `${name}-bin`);
  rmSync(bin, { recursive: true, force: true });
  writeScript(bin, "journalctl", script);
  if (aheadS !== 0) writeScript(bin, "date", `exec /bin/date -d "+${aheadS} seconds" "$@"`);
  const machine = prefixHost({ name, prefix: [] });
  const withOurs = (text: string): string => `PATH=${bin}:$PATH\n${text}`;
  return {
    ...machine,
    run: (text, options) => machine.run(withOurs(text), options),
    follow: (text) => machine.follow(withOurs(text)),
  };
}

function writeScript(bin: string, name: string, script: string): void {
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

function line(text: string, atS: number): string {
  return JSON.stringify({
    __REALTIME_TIMESTAMP: String(atS * 1_000_000),
    MESSAGE: text,
    SYSLOG_IDENTIFIER: "Keepalived_vrrp",
    PRIORITY: "6",
  });
}

test("both journals by time, the node that is an hour ahead corrected and said", async () => {
  const hosts = new Map([
    ["extlb-01", host("extlb-01", `echo '${line("first", 1000)}'; echo '${line("third", 1002)}'`)],
    ["extlb-02", host("extlb-02", `echo '${line("second", 4601)}'`, 3600)],
  ]);
  const report = await readLogs(pair, hosts, { since: "1 hour ago" });
  expect(report.entries.map((entry) => entry.text)).toEqual(["first", "second", "third"]);
  expect(report.remarks).toHaveLength(1);
  expect(report.remarks[0]).toContain("the clock of extlb-02 is 36");
});

test("journalctl is asked for these units, lines and time, and nothing in the time is run", async () => {
  const hosts = new Map(
    pair.nodes.map((node) => [
      node.name,
      host(node.name, 'printf \'{"__REALTIME_TIMESTAMP":"1","MESSAGE":"%s"}\' "$(echo "$*" | tr \\" _)"'),
    ]),
  );
  const { entries } = await readLogs(pair, hosts, { since: "$(touch /tmp/x); '1 h'", lines: 7 });
  expect(entries[0]?.text).toContain("-u keepalived -u haproxy -o json");
  expect(entries[0]?.text).toContain("-n 7 --since $(touch /tmp/x); '1 h'");
});

test("a node that refuses is said; if all do, that is the error", async () => {
  const refusing = host("extlb-02", 'echo "Failed to parse timestamp: x" >&2; exit 1');
  const hosts = new Map([
    ["extlb-01", host("extlb-01", `echo '${line("here", 1000)}'`)],
    ["extlb-02", refusing],
  ]);
  const report = await readLogs(pair, hosts);
  expect(report.entries).toHaveLength(1);
  expect(report.remarks).toEqual(["not shown: extlb-02: journalctl said: Failed to parse timestamp: x"]);
  const both = new Map([
    ["extlb-01", refusing],
    ["extlb-02", refusing],
  ]);
  await expect(readLogs(pair, both)).rejects.toMatchObject({ code: "logs-refused" });
});

test("followed journals come in order, end with their connections, and say which one did", async () => {
  const hosts = new Map([
    ["extlb-01", host("extlb-01", `echo '${line("one", 1000)}'; sleep 0.2; echo '${line("three", 1002)}'`)],
    ["extlb-02", host("extlb-02", `echo '${line("two", 1001)}'`)],
  ]);
  const seen: string[] = [];
  for await (const event of followLogs(pair, hosts).events)
    seen.push("entry" in event ? event.entry.text : event.remark);
  expect(seen.filter((text) => !text.includes("journal ended"))).toEqual(["one", "two", "three"]);
  expect(seen).toContain("extlb-02: its journal ended");
});

test("stop() ends following without a word about the connections", async () => {
  const hosts = new Map(
    pair.nodes.map((node) => [node.name, host(node.name, `echo '${line(node.name, 1000)}'; exec sleep 60`)]),
  );
  const followed = followLogs(pair, hosts);
  const seen: string[] = [];
  for await (const event of followed.events) {
    seen.push("entry" in event ? event.entry.text : event.remark);
    if (seen.length === 2) await followed.stop();
  }
  expect(seen.toSorted()).toEqual(["extlb-01", "extlb-02"]);
});

test("a line names time, node and who wrote it", () => {
  const entry = { node: "lb1", atMs: 1_795_370_047_264.6, source: "haproxy", text: "hello", priority: 3 };
  expect(renderLogEntry(entry, 5, (kind, text) => (kind === "error" ? `<${text}>` : text))).toBe(
    "2026-11-22 17:54:07.264Z  lb1    haproxy: <hello>",
  );
});
