// What waits for the disk and what does not, with a real log: told when it is there, or when the disk takes nothing; one snapshot for what came together.

import { existsSync } from "node:fs";
import { mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AgentEvent, Incident, Notice } from "../agent-api/index.ts";
import { type Durability, leapSequence, trackDurability } from "./durability.ts";
import { applyEvent } from "./knowledge.ts";
import { type Log, openLog } from "./log/index.ts";
import { renameLog } from "./own-log.ts";
import { type LogRecord, type Memory, remembered } from "./record.ts";

const NODE = "lb1";
const ROOM = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

let folder: string;
let directory: string;
const open: Log[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(ROOM, "hapair-durability-"));
  directory = join(folder, "log");
});

afterEach(async () => {
  for (const log of open.splice(0)) await log.close();
  await rm(folder, { recursive: true, force: true });
});

interface Site {
  readonly log: Log;
  readonly memory: Memory;
  readonly durability: Durability;
  /** How often it was said that something may be told. */
  said: number;
  /** Records that this event happened, with a notice of an incident. */
  readonly happens: (sequence: number, noticeId?: string, text?: string) => void;
}

async function opened(bytesMax = 10_000_000): Promise<Site> {
  const { log, recovered } = await openLog(directory, { bytesMax, retryMs: 20 });
  open.push(log);
  const memory = remembered(recovered.snapshot, recovered.records, NODE, [NODE], 1);
  const own = memory.knowledge.nodes.get(NODE)!;
  own.log ??= log.id;
  const durability = trackDurability(log, memory, NODE, leapSequence(memory, NODE));
  const site: Site = {
    ...{ log, memory, durability, said: 0 },
    happens(sequence, noticeId, text = "") {
      const event: AgentEvent = {
        ...{ node: NODE, log: own.log ?? "", sequence, atMs: sequence },
        ...{ kind: "check", subject: "chk", value: String(sequence), evidence: text },
      };
      applyEvent(memory.knowledge, event);
      const record: LogRecord = {
        events: [event],
        ...(noticeId === undefined ? {} : { outbox: [addedChange(notice(noticeId))] }),
      };
      durability.record(record, own.sequence);
    },
  };
  durability.onDurable = () => (site.said += 1);
  return site;
}

function notice(id: string): Notice {
  const incident = { id: id.split("/")[0] ?? "", revision: 1, owner: NODE } as Incident;
  return { id, route: "hook", incident, createdAtMs: 1 };
}

const addedChange = (one: Notice): NonNullable<LogRecord["outbox"]>[number] => ({
  ...{ kind: "added", notice: one, atMs: 1, notBeforeMs: 0, heldForMs: 0, bytes: 1 },
});

const eventually = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 10_000, interval: 5 });

/** Whoever stands where the log's directory was makes the next roll fail. */
async function broken(): Promise<() => Promise<void>> {
  await rename(directory, `${directory}.away`);
  await writeFile(directory, "");
  return async () => {
    await rm(directory);
    await rename(`${directory}.away`, directory);
  };
}

describe("a record", () => {
  it("is told to peers and receivers once it is on the disk", async () => {
    const { durability, happens } = await opened();
    happens(1, "a/1/hook");
    happens(2);
    expect(durability.tellable()).toBe(0);
    expect(durability.isReady(notice("a/1/hook"))).toBe(false);
    expect(durability.isReady(notice("b/1/hook"))).toBe(true);
    await eventually(() => expect(durability.tellable()).toBe(2));
    expect(durability.isReady(notice("a/1/hook"))).toBe(true);
  });

  it("is said with all that reached the disk together, and with them makes one snapshot", async () => {
    const site = await opened(80_000);
    const rolls = vi.spyOn(site.log, "roll");
    for (let sequence = 1; sequence <= 300; sequence += 1) site.happens(sequence, undefined, "x".repeat(200));
    await eventually(() => expect(site.durability.tellable()).toBe(300));
    expect(site.said).toBeLessThan(10);
    expect(rolls.mock.calls.length).toBe(1);
    await eventually(async () => expect(await readdir(directory)).toContain("segment-00000002.log"));
    // The next one comes when it is due again.
    for (let sequence = 301; sequence <= 1000; sequence += 1)
      site.happens(sequence, undefined, "x".repeat(200));
    await eventually(() => expect(rolls.mock.calls.length).toBe(2));
  });

  it("is told at once while the disk takes nothing, and what is known is there when it takes something again", async () => {
    const site = await opened();
    const { durability, log } = site;
    site.happens(1);
    await eventually(() => expect(durability.tellable()).toBe(1));
    const mended = await broken();
    void log.roll({});
    await eventually(() => expect(log.trouble).toContain("cannot be written"));
    const { said } = site;
    site.happens(2, "a/1/hook");
    expect(durability.tellable()).toBe(2);
    expect(durability.isReady(notice("a/1/hook"))).toBe(true);
    await eventually(() => expect(site.said).toBeGreaterThan(said));
    await mended();
    await eventually(() => expect(log.trouble).toBeUndefined());
    await eventually(() => expect(log.held.count).toBe(0));
    expect(durability.tellable()).toBe(2);
  });
});

describe("numbers", () => {
  it("are left out at a start, and those that were left out are told to nobody as if they had been used", async () => {
    const first = await opened();
    first.happens(1);
    first.happens(2);
    await first.log.close();
    const second = await opened();
    expect(second.durability.tellable()).toBe(2);
    expect(second.memory.knowledge.nodes.get(NODE)?.sequence).toBe(1002);
    second.happens(1003);
    await eventually(() => expect(second.durability.tellable()).toBe(1003));
  });

  it("of a log under another name begin anew, and nothing is told before all of it is on the disk", async () => {
    const site = await opened();
    for (const sequence of [1, 2, 3]) site.happens(sequence);
    await eventually(() => expect(site.durability.tellable()).toBe(3));
    site.happens(4);
    const name = "00000000000000b2";
    renameLog(site.memory.knowledge, name);
    site.durability.renamed();
    expect(site.durability.tellable()).toBe(0);
    await eventually(() => expect(site.durability.tellable()).toBe(1));
    await site.log.close();
    const again = await opened();
    expect(again.memory.knowledge.nodes.get(NODE)).toMatchObject({ log: name, sequence: 1001 });
    expect(again.memory.knowledge.nodes.get(NODE)?.facts.get("check/chk")).toMatchObject({
      value: "4",
      sequence: 1,
    });
  });
});
