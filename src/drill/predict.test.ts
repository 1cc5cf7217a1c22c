import { describe, expect, it } from "vitest";
import { readConfiguration } from "../keepalived/index.ts";
import { sourceText } from "../diagnostics/index.ts";
import type { DrillRun } from "../report/index.ts";
import { scenarios } from "../scenario/index.ts";
import { type Site, siteFromFiles, usualHabits } from "../simulate/index.ts";
import { withPredictions } from "./predict.ts";

function siteOf(nopreempt: boolean): Site {
  const nodes = [110, 100].map((priority, index) => {
    const text = `vrrp_instance web {
      state BACKUP
      interface eth0
      virtual_router_id 51
      priority ${priority}
      advert_int 1
      ${nopreempt ? "nopreempt" : ""}
      virtual_ipaddress { 10.0.0.9 }
    }`;
    const name = `lb${index + 1}`;
    return {
      name,
      configuration: readConfiguration(sourceText(`${name}.conf`, text), { version: "2.2.7" }),
      checks: new Map(),
      habits: usualHabits,
    };
  });
  return siteFromFiles(nodes, "2.2.7");
}

const stop = scenarios.filter(({ name }) => name === "keepalived-stop");

/** What a prediction looks at in a run. */
function runOf(scenario: string, repeat: number, holderBefore: readonly string[]): DrillRun {
  return { scenario, configuration: "c", repeat, holderBefore } as DrillRun;
}

function drilled(holder: string, nopreempt = true): readonly DrillRun[] {
  const runs = [runOf("keepalived-stop", 1, [holder]), runOf("keepalived-returns", 1, ["?"])];
  return withPredictions(siteOf(nopreempt), "web", stop, runs);
}

describe("predictions for a drill", () => {
  it("are for the node that held the VIP when the scenario began", () => {
    const [first, second] = drilled("lb1");
    expect(first?.predicted).toMatchObject({
      outageMs: { median: 609.375 },
      moves: 1,
      moved: true,
      holdersAfter: [{ nodes: ["lb2"], beginnings: 31 }],
    });
    expect(second?.predicted).toMatchObject({ moves: 0, moved: false, holdersAfter: [{ nodes: ["lb2"] }] });
    const [other] = drilled("lb2");
    expect(other?.predicted).toMatchObject({ moves: 1, holdersAfter: [{ nodes: ["lb1"] }] });
  });

  it("are none where the pair would not rest so, and for a node or a scenario nobody knows", () => {
    expect(drilled("lb2", false).map(({ predicted }) => predicted)).toEqual([undefined, undefined]);
    expect(drilled("lb9").map(({ predicted }) => predicted)).toEqual([undefined, undefined]);
    const split = [runOf("keepalived-stop", 1, ["lb1", "lb2"])];
    expect(withPredictions(siteOf(true), "web", stop, split)).toEqual(split);
  });
});
