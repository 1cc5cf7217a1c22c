// What keeps a node from serving or from taking over, as it says itself: clauses without the node's name, the one that explains the others first. Pure.

import { type Fact, foundText, resultText } from "../../agent-api/index.ts";
import { factsOf } from "../knowledge.ts";
import { fact, instanceOf, type View } from "./view.ts";

export interface Trouble {
  /** A word for programs. */
  readonly reason: string;
  readonly text: string;
  readonly fact: Fact;
  readonly action: string;
}

const NOT_RUNNING = ["inactive", "failed", "starting", "stopping"];

/** HAProxy does not run, as its unit says. */
export function haproxyDown(view: View, node: string): Fact | undefined {
  const unit = fact(view, node, "unit", "haproxy");
  return unit !== undefined && NOT_RUNNING.includes(unit.value) ? unit : undefined;
}

/** HAProxy runs and does not answer. */
export function haproxyHung(view: View, node: string): Fact | undefined {
  if (haproxyDown(view, node) !== undefined) return undefined;
  const answering = fact(view, node, "answering", "haproxy");
  const health = fact(view, node, "health", "haproxy");
  if (answering?.value === "no") return answering;
  return health?.value === "silent" ? health : undefined;
}

/** `HAProxy is not running (signal 9)`. */
export function downText(unit: Fact): string {
  const result = resultText(unit.detail?.["result"]);
  if (unit.value === "stopping" && result === "") return "HAProxy is being stopped";
  return unit.value === "starting" ? `HAProxy does not come up${result}` : `HAProxy is not running${result}`;
}

/** To keepalived a missing watched file is a healthy one. */
function isRaised(known: Fact | undefined): known is Fact {
  return known !== undefined && !["0", "missing", ""].includes(known.value);
}

export function troublesOf(view: View, node: string): Trouble[] {
  return [
    ...keepalivedTroubles(view, node),
    ...haproxyTroubles(view, node),
    ...watchedTroubles(view, node),
    ...linkTroubles(view, node),
    ...instanceTroubles(view, node),
  ].filter((trouble, index, all) => index === 0 || trouble.reason !== "fault" || all.length === 1);
}

function keepalivedTroubles(view: View, node: string): Trouble[] {
  const unit = fact(view, node, "unit", "keepalived");
  if (unit === undefined || !["inactive", "failed"].includes(unit.value)) return [];
  return [
    {
      reason: "keepalived-stopped",
      text: `keepalived is not running${resultText(unit.detail?.["result"])}`,
      fact: unit,
      action: `on ${node}: systemctl start keepalived; journalctl -u keepalived says why it ended`,
    },
  ];
}

function haproxyTroubles(view: View, node: string): Trouble[] {
  const down = haproxyDown(view, node);
  if (down !== undefined)
    return [
      {
        reason: "haproxy-down",
        text: downText(down),
        fact: down,
        action: `on ${node}: journalctl -u haproxy says why it ended; systemctl start haproxy`,
      },
    ];
  const hung = haproxyHung(view, node);
  if (hung === undefined) return [];
  return [
    {
      reason: "haproxy-hung",
      text: "HAProxy runs but does not answer",
      fact: hung,
      action: `on ${node}: systemctl restart haproxy`,
    },
  ];
}

function watchedTroubles(view: View, node: string): Trouble[] {
  const [process, traffic, hold] = ["process", "traffic", "hold"].map((name) =>
    fact(view, node, "watched", name),
  );
  const opinion = fact(view, node, "opinion", "traffic");
  const found: Trouble[] = [];
  if (isRaised(hold))
    found.push({
      reason: "held",
      text: `it is held (hold is ${hold.value})`,
      fact: hold,
      action: `lift the hold when the work on ${node} is done`,
    });
  const givenUp = opinion?.value === "given-up" ? opinion : undefined;
  if (givenUp !== undefined || isRaised(traffic)) {
    const rule = givenUp?.detail?.["rule"];
    const why = rule === undefined ? "" : `: rule ${rule} is ${ruleText(view, node, rule)}`;
    found.push({
      reason: "given-up",
      text: `its agent gave the VIP up${why}`,
      fact: givenUp ?? (traffic as Fact),
      action: `see why the back ends fail for ${node} alone; its agent takes the give-up back by itself`,
    });
  }
  if (isRaised(process) && haproxyDown(view, node) === undefined)
    found.push({
      reason: "held-back",
      text: `HAProxy runs but is held back after crashes (process is ${process.value})`,
      fact: process,
      action: `on ${node}: journalctl -u haproxy says why it crashed; it may have the VIP again when HAProxy has been up for a while`,
    });
  return found;
}

function ruleText(view: View, node: string, rule: string): string {
  const known = fact(view, node, "rule", rule);
  return known === undefined ? "broken there" : `${known.value} there${foundText(known.detail)}`;
}

function linkTroubles(view: View, node: string): Trouble[] {
  const watched = new Set([
    ...view.settings.nodes.filter(({ name }) => name === node).map((each) => each.interface),
    ...view.settings.routers.flatMap((router) => router.vips.map((vip) => vip.interface)),
  ]);
  return factsOf(view.knowledge, node, "link")
    .filter(([name, known]) => known.value === "down" && watched.has(name))
    .map(([name, known]) => ({
      reason: "link-down",
      text: `${name} has no carrier`,
      fact: known,
      action: `see to the cable and the switch port of ${node}'s ${name}`,
    }));
}

/** Said only where nothing above explains it. */
function instanceTroubles(view: View, node: string): Trouble[] {
  const checks = factsOf(view.knowledge, node, "check").filter(([, known]) => known.value !== "ok");
  const check = checks[0] === undefined ? "" : ` (check ${checks[0][0]}: ${checks[0][1].value})`;
  return view.settings.routers.flatMap((router) => {
    const instance = instanceOf(view, node, router.name);
    if (instance?.value !== "FAULT" && instance?.value !== "STOPPED") return [];
    return [
      {
        reason: "fault",
        text: `keepalived's instance ${router.name} is ${instance.value}${check}`,
        fact: instance,
        action: `on ${node}: journalctl -u keepalived says why; hapair verify names what is wrong`,
      },
    ];
  });
}
