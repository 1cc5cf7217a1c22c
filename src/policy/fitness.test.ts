// Who could take the VIP over: one objection is enough, what is not known is said, and nothing else makes a node unfit.

import { describe, expect, it, test } from "vitest";
import { fitnessOf, type NodeCondition } from "./fitness.ts";

const fine: NodeCondition = {
  instances: [
    { router: "ext-lb", state: "BACKUP", adverts: "accepted" },
    { router: "int-lb", state: "MASTER" },
  ],
  watched: { process: "0\n", hold: "0\n" },
  health: "ok",
  maintenance: false,
};

describe("a node", () => {
  it("is fit when nothing speaks against it", () => {
    expect(fitnessOf(fine)).toEqual({ fit: "yes", reasons: [] });
    expect(fitnessOf({ ...fine, health: "slow" }).fit).toBe("yes");
  });

  test.each<[Partial<NodeCondition>, string]>([
    [{ instances: [{ router: "ext-lb", state: "FAULT" }] }, "keepalived's ext-lb is FAULT"],
    [{ instances: [{ router: "ext-lb", state: "STOPPED" }] }, "keepalived's ext-lb is STOPPED"],
    [
      { instances: [{ router: "ext-lb", state: "BACKUP", adverts: "refused" }] },
      "keepalived's ext-lb refuses its peers' adverts",
    ],
    [{ watched: { process: "1\n", hold: "0" } }, "the watched file process says 1"],
    [{ watched: { process: "0", hold: "1" } }, "the watched file hold says 1"],
    [{ health: "silent" }, "HAProxy's health address does not answer"],
    [{ maintenance: true }, "it is held for maintenance"],
  ])("is unfit with %j", (change, reason) => {
    expect(fitnessOf({ ...fine, ...change })).toEqual({ fit: "no", reasons: [reason] });
  });

  it("says every reason", () => {
    expect(fitnessOf({ ...fine, health: "silent", maintenance: true }).reasons).toHaveLength(2);
  });

  it("of which something is not known is neither, unless something speaks against it", () => {
    expect(fitnessOf({ instances: [], watched: {} })).toEqual({
      fit: "unknown",
      reasons: [
        "no router is known",
        "the watched file process is not known",
        "the watched file hold is not known",
        "HAProxy's health address has not been asked",
        "whether it is held for maintenance is not known",
      ],
    });
    expect(fitnessOf({ ...fine, instances: [{ router: "ext-lb" }] })).toEqual({
      fit: "unknown",
      reasons: ["keepalived's state of ext-lb is not known"],
    });
    expect(fitnessOf({ instances: [], watched: {}, health: "silent" }).fit).toBe("no");
  });

  test.each(["0", "0\n", " 0", "-0", "00", "0x0", "0x", "0xg", "09", "", "missing", "abc"])(
    "is fit with %j in a watched file, as keepalived reads it",
    (text) => {
      expect(fitnessOf({ ...fine, watched: { process: text, hold: "0" } }).fit).toBe("yes");
    },
  );

  test.each(["1", "1\n", " 2", "-1", "+1", "010", "0x1", "1abc", "254"])(
    "is unfit with %j in a watched file",
    (text) => {
      expect(fitnessOf({ ...fine, watched: { process: text, hold: "0" } }).fit).toBe("no");
    },
  );
});
