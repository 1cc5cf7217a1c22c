// Who holds the VIP, from the kernel's notices: this very address, every change once, and nothing of a node that is gone.

import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { type MemoryHost, memoryHost } from "../host/index.ts";
import { monitorHolders, namesAddress } from "./holder-monitor.ts";

const line = (address: string, family = "inet", before = "3: ens192    ") =>
  `${before}${family} ${address} scope global ens192\\       valid_lft forever preferred_lft forever`;

describe("namesAddress", () => {
  test.each([
    ["10.0.0.3", line("10.0.0.3/32")],
    ["10.0.0.3", line("10.0.0.3/24")],
    ["10.0.0.3", line("10.0.0.3/32", "inet", "Deleted 3: ens192    ")],
    ["2001:db8::5", line("2001:db8::5/128", "inet6")],
    // A point-to-point address has no length of its own.
    ["10.0.0.3", line("10.0.0.3 peer 10.0.0.9/32")],
  ])("finds %s in %s", (address, text) => {
    expect(namesAddress(text, address)).toBe(true);
  });

  test.each([
    ["10.0.0.3", line("10.0.0.32/32")],
    ["10.0.0.32", line("10.0.0.3/32")],
    ["10.0.0.3", line("110.0.0.3/32")],
    ["10.0.0.3", line("10.0.013/32")],
    ["10.0.0.3", line("10.0.0.9/24 brd 10.0.0.3")],
    ["2001:db8::5", line("2001:db8::50/128", "inet6")],
    ["2001:db8::5", line("2001:db8::1:5/128", "inet6")],
    ["::5", line("2001:db8::5/128", "inet6")],
  ])("does not take it for %s: %s", (address, text) => {
    expect(namesAddress(text, address)).toBe(false);
  });
});

describe("monitorHolders", () => {
  const node = (name: string, said: readonly string[]): MemoryHost =>
    memoryHost({
      name,
      commands: [{ script: /ip -o monitor address/, respond: () => ({ stdout: said.join("\n") }) }],
    });
  const monitored = (host: MemoryHost) => ({ name: host.name, host, interface: "ens192" });
  /** The lines after "shown" are read in their own time. */
  const settled = () => sleep(10);

  test("begins with every node's present state, then has each change once", async () => {
    const own = line("10.0.0.30/24");
    const vip = line("10.0.0.3/32");
    const gone = line("10.0.0.3/32", "inet", "Deleted 3: ens192    ");
    const first = node("lb1", [own, vip, "shown", vip, gone, gone, line("10.0.0.32/32")]);
    const second = node("lb2", [own, "shown", vip]);
    const monitor = await monitorHolders([monitored(first), monitored(second)], "10.0.0.3");
    await settled();
    const of = (name: string) =>
      monitor.changes.filter((change) => change.node === name).map((change) => change.holds);
    expect(of("lb1")).toEqual([true, false]);
    expect(of("lb2")).toEqual([false, true]);
    expect(monitor.holders()).toEqual(["lb2"]);
    const times = monitor.changes.map((change) => change.atUs);
    expect(times).toEqual(times.toSorted((left, right) => left - right));
    await monitor.stop();
  });

  test("an address on lo belongs to a drain: it comes and goes there, and nobody holds it", async () => {
    const onLo = (text: string) => line("10.0.0.3/32", "inet", text);
    const host = node("lb1", [
      line("10.0.0.3/32"),
      "shown",
      onLo("1: lo    "),
      line("10.0.0.3/32", "inet", "Deleted 3: ens192    "),
      onLo("Deleted 1: lo    "),
      onLo("1: lo    "),
    ]);
    const monitor = await monitorHolders([monitored(host)], "10.0.0.3");
    await settled();
    expect(monitor.changes.map((change) => change.holds)).toEqual([true, false]);
    await monitor.stop();
  });

  test("a notice that comes while the present state is read counts", async () => {
    // Asked for first, so it may stand before the list: here the address came between the two.
    const host = node("lb1", [line("10.0.0.3/32"), line("10.0.0.30/24"), "shown"]);
    const monitor = await monitorHolders([monitored(host)], "10.0.0.3");
    expect(monitor.holders()).toEqual(["lb1"]);
    await monitor.stop();
  });

  test("a node without power holds nothing, and is asked again when it is back", async () => {
    const host = node("lb1", [line("10.0.0.3/32"), "shown"]);
    const monitor = await monitorHolders([monitored(host)], "10.0.0.3");
    monitor.nodeGone("lb1");
    expect(monitor.holders()).toEqual([]);
    await monitor.nodeBack("lb1");
    expect(monitor.holders()).toEqual(["lb1"]);
    expect(monitor.changes.map((change) => change.holds)).toEqual([true, false, true]);
    expect(host.scripts).toHaveLength(2);
    await monitor.stop();
  });

  test("a way in that breaks later takes nothing down: what the node holds is unknown from then on", async () => {
    const broken = node("lb1", []);
    const host = {
      ...broken,
      follow: () => ({ lines: breaking([line("10.0.0.3/32"), "shown"]), stop: async () => {} }),
    };
    const monitor = await monitorHolders([monitored(host)], "10.0.0.3");
    // A rejection that nobody handles would fail this run.
    await settled();
    expect(monitor.changes.map((change) => change.holds)).toEqual([true, null]);
    expect(monitor.holders()).toEqual([]);
    await monitor.stop();
  });

  test("a node that cannot be watched from the start is said", async () => {
    const host = { ...node("lb1", []), follow: () => ({ lines: breaking([]), stop: async () => {} }) };
    await expect(monitorHolders([monitored(host)], "10.0.0.3")).rejects.toThrow("the way in broke");
  });

  async function* breaking(said: readonly string[]): AsyncGenerator<string> {
    yield* said;
    await sleep(1);
    throw new Error("the way in broke");
  }
});
