import { describe, expect, test } from "vitest";
import { causeOf, causeRows, chainTo } from "./causes.ts";
import { type AgentEvent, type FactKind, factKinds } from "./facts.ts";

type Brief = readonly [sequence: number, atMs: number, kind: FactKind, subject: string, value: string];

function events(...briefs: readonly Brief[]): AgentEvent[] {
  return briefs.map(([sequence, atMs, kind, subject, value]) => ({
    node: "extlb-01",
    log: "a",
    sequence,
    atMs,
    kind,
    subject,
    value,
  }));
}

function causeOfLast(...briefs: readonly Brief[]): number | undefined {
  const all = events(...briefs);
  const last = all.at(-1);
  return last === undefined ? undefined : causeOf(last, all);
}

describe("causeOf", () => {
  test.each<[string, number | undefined, readonly Brief[]]>([
    [
      "FAULT follows from the watched file that was raised",
      1,
      [
        [1, 0, "watched", "process", "1"],
        [2, 3, "instance", "ext-lb", "FAULT"],
      ],
    ],
    [
      "of two the nearer one explains it",
      2,
      [
        [1, 0, "check", "chk_haproxy", "failed"],
        [2, 900, "watched", "hold", "1"],
        [3, 905, "instance", "ext-lb", "FAULT"],
      ],
    ],
    [
      "the source of the cause may stamp it a moment later",
      1,
      [
        [1, 20, "watched", "process", "1"],
        [2, 0, "instance", "ext-lb", "FAULT"],
      ],
    ],
    [
      "what is long past explains nothing",
      undefined,
      [
        [1, 0, "watched", "process", "1"],
        [2, 6000, "instance", "ext-lb", "FAULT"],
      ],
    ],
    [
      "a missing watched file is a healthy one",
      undefined,
      [
        [1, 0, "watched", "process", "missing"],
        [2, 3, "instance", "ext-lb", "FAULT"],
      ],
    ],
    [
      "the address is gone because the instance is no longer MASTER",
      1,
      [
        [1, 0, "instance", "ext-lb", "BACKUP"],
        [2, 1, "vip", "10.0.0.1", "-"],
      ],
    ],
    [
      "STOPPED follows from keepalived's unit, not from HAProxy's",
      1,
      [
        [1, 0, "unit", "keepalived", "stopping"],
        [2, 1, "unit", "haproxy", "failed"],
        [3, 2, "instance", "ext-lb", "STOPPED"],
      ],
    ],
    ["becoming MASTER has no cause on its own node", undefined, [[1, 0, "instance", "ext-lb", "MASTER"]]],
  ])("%s", (_, expected, briefs) => {
    expect(causeOfLast(...briefs)).toBe(expected);
  });

  test("another node's event, or another log's, explains nothing", () => {
    const [cause, effect] = events([1, 0, "watched", "process", "1"], [2, 3, "instance", "ext-lb", "FAULT"]);
    if (cause === undefined || effect === undefined) throw new Error("two events were made");
    expect(causeOf(effect, [{ ...cause, node: "extlb-02" }])).toBeUndefined();
    expect(causeOf(effect, [{ ...cause, log: "b" }])).toBeUndefined();
  });

  test("a MASTER that becomes BACKUP was outranked: nothing of its own node explains it", () => {
    const [cause, effect] = events([1, 0, "check", "chk", "ok"], [2, 3, "instance", "ext-lb", "BACKUP"]);
    if (cause === undefined || effect === undefined) throw new Error("two events were made");
    expect(causeOf({ ...effect, previous: "FAULT" }, [cause])).toBe(1);
    expect(causeOf({ ...effect, previous: "MASTER" }, [cause])).toBeUndefined();
  });
});

describe("the table", () => {
  test("chains end: no value leads back to itself", () => {
    const words = (Object.keys(factKinds) as FactKind[]).flatMap((kind) =>
      ["haproxy", "keepalived", "process", "traffic", "hold", "x"].flatMap((subject) =>
        `${factKinds[kind].values}, 0, 1, ens192, -`.split(", ").map((value) => ({ kind, subject, value })),
      ),
    );
    const fits = (pattern: (typeof causeRows)[number]["effect"], word: (typeof words)[number]): boolean =>
      pattern.kind === word.kind &&
      (pattern.subject === undefined || pattern.subject === word.subject) &&
      pattern.is(word.value);
    const causesOf = (word: (typeof words)[number]): (typeof words)[number][] => {
      const row = causeRows.find(({ effect }) => fits(effect, word));
      return words.filter((other) => row?.causes.some((cause) => fits(cause, other)) === true);
    };
    const done = new Set<unknown>();
    const walk = (word: (typeof words)[number], path: readonly unknown[]): void => {
      expect(path).not.toContain(word);
      if (done.has(word)) return;
      for (const cause of causesOf(word)) walk(cause, [...path, word]);
      done.add(word);
    };
    for (const word of words) walk(word, []);
  });

  test("a give-up is followed down to the server that began it", () => {
    const all = events(
      [1, 0, "server", "web/s1", "down"],
      [2, 500, "rule", "web-servers", "dead"],
      [3, 510, "opinion", "traffic", "given-up"],
      [4, 512, "watched", "traffic", "1"],
      [5, 514, "instance", "ext-lb", "FAULT"],
      [6, 513, "vip", "10.0.0.1", "-"],
    );
    const last = all[5];
    if (last === undefined) throw new Error("six events were made");
    expect(chainTo(last, all).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("causes that lead in a circle end the chain", () => {
    const [first, second] = events([1, 0, "reload", "haproxy", "ok"], [2, 1, "reload", "haproxy", "failed"]);
    if (first === undefined || second === undefined) throw new Error("two events were made");
    const circle = [
      { ...first, causedBy: 2 },
      { ...second, causedBy: 1 },
    ];
    expect(chainTo({ ...second, causedBy: 1 }, circle).length).toBeLessThan(13);
  });
});
