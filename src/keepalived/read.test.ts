// Instances and scripts as values: a whole file read into a table a person can check, and the rules of single keywords.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { effectiveConfig } from "./expand.ts";
import type { KeepalivedInstance, TrackEntry, VirtualIpaddress } from "./instance.ts";
import { parseConfig } from "./parser.ts";
import { readInstances } from "./read-instances.ts";
import { type KeepalivedScript, readScripts } from "./read-scripts.ts";

const golden = join(import.meta.dirname, "../../test/golden/keepalived");

function summary(text: string): string {
  const cst = effectiveConfig(parseConfig(text), { configId: "low" });
  const blocks = [
    ...readScripts(cst).map(scriptSummary),
    ...readInstances(cst).map((each) => instanceSummary(each, text)),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function scriptSummary(script: KeepalivedScript): string {
  return [
    `script ${script.name}`,
    `    starts      ${(script.command ?? ["nothing"]).map((word) => `[${word}]`).join(" ")}`,
    `    interval    ${script.intervalS} s, timeout ${script.timeoutS} s, fall ${script.fall}, rise ${script.rise}`,
    `    weight      ${script.weight}${script.reverse ? " reverse" : ""}`,
  ].join("\n");
}

function instanceSummary(instance: KeepalivedInstance, text: string): string {
  const { authentication } = instance;
  const { start = 0, end = 0 } = authentication?.passwordSpan ?? {};
  const wish = instance.nopreemptWritten && !instance.nopreempt ? " (nopreempt written, not in force)" : "";
  return [
    `instance ${instance.name}`,
    `    router      ${instance.virtualRouterId ?? "none"} on ${instance.interface ?? "no interface"}, version ${instance.version}, IPv${instance.family}`,
    `    state       ${instance.state}, priority ${instance.priority}, ${instance.nopreempt ? "nopreempt" : "preempts"}${wish}`,
    `    adverts     every ${instance.advertIntervalUs} us from ${instance.unicastSourceIp?.text ?? "the interface's address"}`,
    `    peers       ${instance.unicastPeers.map((peer) => peer.address.text).join(", ") || "multicast"}`,
    `    addresses   ${instance.virtualIpaddresses.map(addressSummary).join(", ")}`,
    `    excluded    ${instance.excludedVirtualIpaddresses.map(addressSummary).join(", ")}`,
    `    scripts     ${instance.trackScripts.map(entrySummary).join(", ")}`,
    `    files       ${instance.trackFiles.map(entrySummary).join(", ")}`,
    `    password    ${authentication === undefined ? "none" : `${authentication.type}, written ${text.slice(start, end)}`}`,
  ]
    .map((line) => line.trimEnd())
    .join("\n");
}

function addressSummary({ address, prefixLength, device }: VirtualIpaddress): string {
  return `${address.text}/${prefixLength}${device === undefined ? "" : ` dev ${device}`}`;
}

function entrySummary({ name, weight, reverse }: TrackEntry): string {
  return `${name}${weight === undefined ? "" : ` weight ${weight}`}${reverse ? " reverse" : ""}`;
}

describe("a whole file", () => {
  it.each(["page-extlb-01", "hard"])("%s.conf", async (name) => {
    const text = readFileSync(join(golden, `${name}.conf`), "utf8");
    await expect(summary(text)).toMatchFileSnapshot(join(golden, `${name}.txt`));
  });
});

function instanceWith(...lines: readonly string[]): KeepalivedInstance | undefined {
  return readInstances(parseConfig(`vrrp_instance a {\n${lines.join("\n")}\n}\n`))[0];
}

describe("keywords of an instance", () => {
  it.each([
    ["priority", ["priority 101", "priority 0"], 100],
    ["priority", ["priority 10x"], 100],
    ["priority", ["state MASTER"], 255],
    ["priority", ["state MASTER", "priority 101"], 101],
    ["state", ["priority 255"], "MASTER"],
    ["state", ["state master"], "BACKUP"],
    ["virtualRouterId", ["virtual_router_id 52x"], undefined],
    ["virtualRouterId", ["virtual_router_id 7", "virtual_router_id 0"], 7],
    ["advertIntervalUs", ["advert_int 2", "advert_int 700"], 2_000_000],
    ["advertIntervalUs", ["advert_int 0.4"], 1_000_000],
    ["advertIntervalUs", ["version 3", "advert_int 0.015"], 20_000],
    ["advertIntervalUs", ["version 3", "advert_int 41"], 40_950_000],
    ["advertIntervalUs", ["version 3", "advert_int .5"], 500_000],
    ["nopreempt", ["nopreempt"], true],
    ["nopreempt", ["nopreempt", "state MASTER", "priority 100"], false],
    ["nopreempt", ["nopreempt", "preempt"], false],
    ["version", ["virtual_ipaddress {", "fd00::1", "}"], 3],
    ["version", ["version 2", "virtual_ipaddress {", "fd00::1", "}"], 2],
    ["family", ["mcast_src_ip fd00::1", "virtual_ipaddress {", "10.0.0.1", "}"], 6],
    ["family", ["virtual_ipaddress_excluded {", "fd00::1", "}", "unicast_src_ip 10.0.0.1"], 4],
    ["interface", ["interface a\\#b"], "a"],
    ["interface", ['interface "a#b"'], "a#b"],
    ["authentication", ["authentication {", "auth_pass x", "}"], undefined],
    ["constructor", ["constructor 7"], Object],
  ] as const)("%s of %j", (field, lines, expected) => {
    expect(instanceWith(...lines)?.[field as keyof KeepalivedInstance]).toEqual(expected);
  });

  it("tells where each value comes from", () => {
    const text = "vrrp_instance a {\n    priority 101\n    priority 102\n}\n";
    const [instance] = readInstances(parseConfig(text));
    const line = instance?.lines.get("priority");
    expect(text.slice(line?.start, line?.end)).toBe("priority 102");
    expect(instance?.lines.has("advert_int")).toBe(false);
    expect(text.slice(instance?.span.start, instance?.span.end)).toBe(text.trimEnd());
  });
});
