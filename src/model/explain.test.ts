// The page's table: complete, word for word, and readable as `hapair explain` prints it.

import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import {
  explainParameter,
  judgeNumber,
  parameterNames,
  parameterTable,
  profileTable,
  renderExplanation,
} from "./index.ts";

describe("the table", () => {
  it("has the page's twelve parameters in the page's order", () => {
    expect(parameterNames).toEqual([
      "advert_int",
      "priority",
      "virtual_router_id",
      "auth_type",
      "auth_pass",
      "interval",
      "fall",
      "rise",
      "nopreempt",
      "unicast",
      "virtual_ipaddress",
      "interface",
    ]);
    expect(parameterNames.map((name) => parameterTable[name].name)).toEqual(parameterNames);
  });

  it("has the page's figures word for word", () => {
    // From the page, backticks removed.
    const page = `advert_int | 1 | 1–3 sec | 1 | Failover ≈ 3 × advert_int
priority | 100 | 1–254 | 101 (M) / 100 (B) | Higher wins
virtual_router_id | None | 1–255 | 50 | Must match on both nodes
auth_type | None | PASS | PASS | Always enable
auth_pass | None | 1–8 chars | ****** | Plaintext only
interval | 1 | 1–5 sec | 2 | Health-check frequency
fall | 1 | 1–10 | 2 | Failures before DOWN
rise | 1 | 1–10 | 1 | Successes before UP
nopreempt | Disabled | Enabled/Disabled | Enabled (Backup) | Prevents VIP flap
unicast | Multicast | Unicast/Multicast | Unicast | Preferred in prod
virtual_ipaddress | None | Valid IP | VIP/32 | Clean ARP behavior
interface | None | Valid NIC | enp0s3 | Must exist on both`;
    const rows = parameterNames.map((name) => {
      const { default: standard, acceptable, recommended, notes } = parameterTable[name].page;
      return [name, standard, acceptable, recommended, notes].join(" | ");
    });
    expect(rows.join("\n")).toBe(page);
  });

  it("accepts the classic profile's own values, by keepalived and by the page", () => {
    const { advertIntervalUs, highestPriority, check } = profileTable.classic;
    expect(judgeNumber(parameterTable.advert_int, advertIntervalUs[2] / 1e6)).toBe("fine");
    expect(judgeNumber(parameterTable.priority, highestPriority)).toBe("fine");
    expect(judgeNumber(parameterTable.interval, check.intervalS)).toBe("fine");
    expect(judgeNumber(parameterTable.fall, check.fall)).toBe("fine");
    expect(judgeNumber(parameterTable.rise, check.rise)).toBe("fine");
  });

  it("tells refused from outside the page's range", () => {
    expect(judgeNumber(parameterTable.interval, 0)).toBe("refused");
    expect(judgeNumber(parameterTable.interval, 1.5)).toBe("refused");
    expect(judgeNumber(parameterTable.interval, 6)).toBe("outside-acceptable");
    expect(judgeNumber(parameterTable.priority, 255)).toBe("outside-acceptable");
    expect(judgeNumber(parameterTable.auth_type, 1)).toBe("fine");
  });

  it("says the ranges in numbers as it says them in words", () => {
    for (const name of parameterNames) {
      const { acceptable, page } = parameterTable[name];
      if (acceptable !== undefined)
        expect(page.acceptable).toContain(`${acceptable.minimum}–${acceptable.maximum}`);
    }
  });
});

describe("explainParameter", () => {
  it("knows the pair file's words too", () => {
    expect(explainParameter("vrrp.id")).toMatchObject({ parameter: { name: "virtual_router_id" } });
    expect(explainParameter("PASSWORD")).toMatchObject({ parameter: { name: "auth_pass" } });
  });

  it("suggests the nearest", () => {
    expect(explainParameter("advert_itn")).toMatchObject({ kind: "unknown", suggestion: "advert_int" });
    expect(explainParameter("toString")).toMatchObject({ kind: "unknown" });
    expect(explainParameter("zebra")).not.toHaveProperty("suggestion");
  });

  it("reads well", async () => {
    const texts = [undefined, ...parameterNames, "advert_itn"].map((name) =>
      renderExplanation(explainParameter(name)).join("\n"),
    );
    await expect(`${texts.join("\n\n----\n\n")}\n`).toMatchFileSnapshot(
      resolve(import.meta.dirname, "../../test/golden/model/explain.txt"),
    );
    const lines = texts.join("\n").split("\n");
    expect(lines.filter((line) => line.length > 110)).toEqual([]);
  });
});
