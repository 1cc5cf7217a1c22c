// The queue of one machine's commands: a bound, an order, and one opener at a time.
import { describe, expect, it } from "vitest";
import { sessionQueue, type SessionWork } from "./session-queue.ts";

interface Probe {
  readonly started: string[];
  readonly end: Map<string, (error?: Error) => void>;
  readonly open: Map<string, () => void>;
  readonly work: (name: string) => SessionWork<string>;
}

function probe(): Probe {
  const started: string[] = [];
  const end = new Map<string, (error?: Error) => void>();
  const open = new Map<string, () => void>();
  return {
    started,
    end,
    open,
    work: (name) => (opened) =>
      new Promise((resolve, reject) => {
        started.push(name);
        open.set(name, opened);
        end.set(name, (error) => (error === undefined ? resolve(name) : reject(error)));
      }),
  };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("sessionQueue", () => {
  it("lets one command open the way alone, then as many as allowed, in order", async () => {
    const queue = sessionQueue({ sessionsMax: 2 });
    const { started, open, end, work } = probe();
    const all = ["a", "b", "c"].map((name) => queue.admit(work(name)));
    await settle();
    expect(started).toEqual(["a"]);
    open.get("a")?.();
    await settle();
    expect(started).toEqual(["a", "b"]);
    end.get("a")?.();
    await settle();
    expect(started).toEqual(["a", "b", "c"]);
    end.get("b")?.();
    end.get("c")?.();
    expect(await Promise.all(all)).toEqual(["a", "b", "c"]);
  });

  it("fails those that waited with the error of the one that found no way, and tries again for the next", async () => {
    const queue = sessionQueue();
    const { started, open, end, work } = probe();
    const all = ["a", "b", "c"].map((name) => queue.admit(work(name)));
    await settle();
    end.get("a")?.(new Error("no way"));
    for (const one of all) await expect(one).rejects.toThrow("no way");
    const next = queue.admit(work("d"));
    await settle();
    expect(started).toEqual(["a", "d"]);
    open.get("d")?.();
    end.get("d")?.();
    expect(await next).toBe("d");
  });

  it("keeps the failure of one command to itself once the way is open", async () => {
    const queue = sessionQueue({ sessionsMax: 1 });
    const { open, end, work } = probe();
    const [a, b] = [queue.admit(work("a")), queue.admit(work("b"))];
    await settle();
    open.get("a")?.();
    end.get("a")?.(new Error("its own"));
    await expect(a).rejects.toThrow("its own");
    await settle();
    end.get("b")?.();
    expect(await b).toBe("b");
  });

  it("opens anew after a reset, beside a command that still runs", async () => {
    const queue = sessionQueue();
    const { started, open, end, work } = probe();
    const long = queue.admit(work("long"));
    await settle();
    open.get("long")?.();
    queue.reset();
    const others = ["a", "b"].map((name) => queue.admit(work(name)));
    await settle();
    expect(started).toEqual(["long", "a"]);
    open.get("a")?.();
    await settle();
    expect(started).toEqual(["long", "a", "b"]);
    for (const name of ["long", "a", "b"]) end.get(name)?.();
    await Promise.all([long, ...others]);
  });

  it("opens anew after a time without commands", async () => {
    const queue = sessionQueue({ idleMs: 0 });
    const { started, open, end, work } = probe();
    const first = queue.admit(work("first"));
    await settle();
    open.get("first")?.();
    end.get("first")?.();
    await first;
    await new Promise((resolve) => setTimeout(resolve, 2));
    const others = ["a", "b"].map((name) => queue.admit(work(name)));
    await settle();
    expect(started).toEqual(["first", "a"]);
    open.get("a")?.();
    await settle();
    for (const name of ["a", "b"]) end.get(name)?.();
    await Promise.all(others);
  });
});
