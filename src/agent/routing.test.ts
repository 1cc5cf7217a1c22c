import { describe, expect, test } from "vitest";
import { worldSettings } from "../../test/support/agent-world.ts";
import type { AlertRoute, AlertSettings, Incident } from "../agent-api/index.ts";
import { noticesFor } from "./routing.ts";

const target: AlertRoute["target"] = { kind: "slack", url: "https://hooks.invalid/x" };
const routes: readonly AlertRoute[] = [
  { name: "pager", severity: "critical", target },
  { name: "mail", severity: "info", target },
  { name: "certificates", severity: "info", conditions: ["certificate-ending"], target },
];

function settings(change: Partial<AlertSettings> = {}) {
  return { alerts: { ...worldSettings("extlb-01").alerts, routes, ...change } };
}

const incident: Incident = {
  id: "0123456789abcdef",
  condition: "vip-moved",
  scope: "ext-lb",
  severity: "warning",
  phase: "opened",
  revision: 1,
  openedAtMs: 0,
  changedAtMs: 0,
  title: "t",
  text: "x",
  owner: "extlb-01",
  detail: {},
};
const noon = { nowMs: 1000, local: { weekday: 2, minuteOfDay: 720 } };
const atNight = { nowMs: 1000, local: { weekday: 2, minuteOfDay: 180 } };

function routesOf(change: Partial<Incident>, told: readonly string[] = []): string[] {
  return noticesFor({ ...incident, ...change }, settings(), noon, told).map(({ route }) => route);
}

describe("noticesFor", () => {
  test("goes to the routes of its severity and condition", () => {
    expect(routesOf({})).toEqual(["mail"]);
    expect(routesOf({ severity: "critical" })).toEqual(["pager", "mail"]);
    expect(routesOf({ condition: "certificate-ending" })).toEqual(["mail", "certificates"]);
  });

  test("what becomes critical reaches the pager; what calms down stays with who was told", () => {
    expect(routesOf({ phase: "updated", severity: "critical" }, ["mail"])).toEqual(["pager", "mail"]);
    expect(routesOf({ phase: "updated", severity: "info" }, ["pager", "mail"])).toEqual(["pager", "mail"]);
  });

  test("the end goes where the beginning went, and nowhere else", () => {
    expect(routesOf({ phase: "resolved", severity: "critical" }, ["mail"])).toEqual(["mail"]);
    expect(routesOf({ phase: "resolved" }, ["pager"])).toEqual(["pager"]);
    expect(routesOf({ phase: "resolved" })).toEqual([]);
  });

  test("in a quiet time it waits for the end, also when it is over by then; what is severe does not", () => {
    const quiet = settings({ quietTimes: [{ fromMinute: 1320, toMinute: 420, except: "critical" }] });
    const four = 1000 + 240 * 60_000;
    const notBefore = (change: Partial<Incident>) =>
      noticesFor({ ...incident, ...change }, quiet, atNight, ["mail"]).map(
        ({ route, notBeforeMs }) => [route, notBeforeMs] as const,
      );
    expect(notBefore({})).toEqual([["mail", four]]);
    expect(notBefore({ phase: "resolved", revision: 2 })).toEqual([["mail", four]]);
    expect(notBefore({ severity: "critical" })).toEqual([
      ["pager", undefined],
      ["mail", undefined],
    ]);
  });

  test("a notice is named by incident, revision and route", () => {
    expect(noticesFor({ ...incident, revision: 3 }, settings(), noon, [])).toEqual([
      {
        id: "0123456789abcdef/3/mail",
        route: "mail",
        incident: { ...incident, revision: 3 },
        createdAtMs: 1000,
      },
    ]);
  });
});
