// Passing over adverts against playing each of them: the same things happen at the same times.

import { array, assert, constantFrom, integer, property, record, boolean } from "fast-check";
import { expect, test } from "vitest";
import { sourceText } from "../diagnostics/index.ts";
import { readConfiguration } from "../keepalived/index.ts";
import { NEVER } from "../vrrp/index.ts";
import { nextUs, settle } from "./clock.ts";
import { managedHabits } from "./habits.ts";
import { type Fault, strike } from "./happenings.ts";
import { advertDue, passOver, quietAfter, type QuietSenders } from "./quiet.ts";
import type { Note, Scene } from "./scene.ts";
import { restingWorld } from "./settled.ts";
import type { Site } from "./site.ts";
import { siteFromFiles } from "./site-from-files.ts";
import { cloneWorld, type World } from "./world.ts";

interface Written {
  readonly advertInterval: number;
  readonly nopreempt: boolean;
  readonly instances: number;
}

function textOf(node: number, { advertInterval, nopreempt, instances }: Written): string {
  const names = Array.from({ length: instances }, (_each, index) => index);
  return [
    'vrrp_script chk {\n script "/bin/chk"\n interval 1\n fall 2\n rise 2\n weight 0\n}',
    ...names.map((index) =>
      [
        `vrrp_instance V${index} {\n state BACKUP\n interface eth0\n virtual_router_id ${50 + index}\n version 3`,
        ` priority ${(node + index) % 2 === 0 ? 110 : 100}\n advert_int ${advertInterval}\n ${nopreempt ? "nopreempt" : ""}`,
        ` track_script {\n chk\n }\n virtual_ipaddress {\n 192.0.2.${10 + index}\n }\n}`,
      ].join("\n"),
    ),
    "",
  ].join("\n");
}

function siteOf(written: Written): Site {
  return siteFromFiles(
    [0, 1].map((node) => ({
      name: `lb${node + 1}`,
      address: { family: 4 as const, text: `192.0.2.${node + 1}` },
      configuration: readConfiguration(sourceText(`lb${node + 1}.conf`, textOf(node, written)), {
        version: "2.2.7",
      }),
      checks: new Map([["chk", { asks: "service" as const, hangUs: 500_000 }]]),
      habits: managedHabits(false),
    })),
    "2.2.7",
  );
}

const faults: readonly Fault[] = [
  { kind: "stop-service", service: "haproxy" },
  { kind: "start-service", service: "haproxy" },
  { kind: "freeze-service", service: "haproxy" },
  { kind: "thaw-service", service: "haproxy" },
  { kind: "restart-service", service: "keepalived" },
  { kind: "freeze-service", service: "keepalived" },
  { kind: "thaw-service", service: "keepalived" },
  { kind: "block-vrrp", direction: "in" },
  { kind: "unblock-vrrp" },
  { kind: "cut-cable" },
  { kind: "restore-cable" },
  { kind: "delete-vip" },
  { kind: "power-off" },
  { kind: "power-on" },
  { kind: "reload" },
];

const HORIZON_US = 15_000_000;

/** What happens in 15 s after each fault, with every deadline at that moment, adverts that change no state left out; and how many steps that took. */
function played(
  site: Site,
  resting: World,
  struck: readonly (readonly [node: number, fault: Fault])[],
  passes: boolean,
) {
  const world = cloneWorld(resting);
  const happened: string[] = [];
  const tell = (note: Note): void => {
    if (note.kind === "refused" || (note.kind === "step" && note.before.state === note.after.state)) return;
    const state = note.kind === "step" ? note.after.state : "";
    const deadlinesUs = world.nodes.flatMap(({ instances }) => instances.map(({ deadlineUs }) => deadlineUs));
    happened.push(
      `${world.nowUs} ${note.kind} ${state} ${"node" in note ? note.node : ""} ${deadlinesUs.join()}`,
    );
  };
  const scene: Scene = { site, world, tell };
  let steps = 0;
  for (const [node, fault] of struck) {
    const endUs = world.nowUs + HORIZON_US;
    strike(scene, node, fault);
    settle(scene);
    let quiet: QuietSenders | undefined;
    for (;;) {
      const next = nextUs(world);
      if (next === NEVER || next > endUs) break;
      const advert = passes ? advertDue(world, next) : undefined;
      world.nowUs = next;
      settle(scene);
      steps += 1;
      if (advert !== undefined) quiet = quietAfter(scene, advert, quiet);
      // Beyond the end something else strikes: nothing may be passed over then.
      const kept = cloneWorld(world);
      if (quiet !== undefined) quiet = passOver(scene, quiet);
      if (nextUs(world) > endUs) {
        Object.assign(world, kept);
        quiet = undefined;
        while (nextUs(world) <= endUs) {
          world.nowUs = nextUs(world);
          settle(scene);
          steps += 1;
        }
      }
    }
    world.nowUs = endUs;
  }
  return { happened, steps };
}

const written = record({
  advertInterval: constantFrom(0.1, 0.2, 1),
  nopreempt: boolean(),
  instances: constantFrom(1, 2),
});

test("what is passed over would have changed nothing", () => {
  let saved = 0;
  assert(
    property(
      written,
      array(record({ node: integer({ min: 0, max: 1 }), fault: constantFrom(...faults) }), {
        minLength: 1,
        maxLength: 4,
      }),
      (one, events) => {
        const site = siteOf(one);
        const resting = restingWorld(site);
        const struck = events.map(({ node, fault }) => [node, fault] as const);
        const each = played(site, resting, struck, false);
        const passed = played(site, resting, struck, true);
        expect(passed.happened).toEqual(each.happened);
        saved += each.steps - passed.steps;
      },
    ),
    { numRuns: 60 },
  );
  expect(saved).toBeGreaterThan(0);
});
