// HP605: HAProxy listens, and on no address that clients are told. Rule: silent where any bind line cannot be read.

import { sentenceList } from "../../base/index.ts";
import { parseEndpoint } from "../../haproxy/index.ts";
import { exampleCheck } from "../examples/example-check.ts";
import { exampleHaproxy } from "../examples/example-haproxy.ts";
import type { Finding, Rule } from "../rule.ts";
import { inHaproxy, type LintedHaproxy, type LintSubject } from "../subject.ts";
import { virtualAddresses } from "../facts/addresses.ts";

export const rule: Rule = {
  code: "HP605",
  name: "vip-unserved",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary: "HAProxy binds neither a VIP nor every address: a connection to a VIP is refused",
  explanation: `A listener takes connections for the address it binds. Where haproxy.cfg binds only other addresses, the VIP moves as it should, and HAProxy does not answer on it anywhere.`,
  source: "HAProxy configuration manual, 4.2 bind; F14",
  bad: { lb1: exampleCheck(), "lb1/haproxy.cfg": exampleHaproxy({ bind: "192.0.2.11:80" }) },
  good: { lb1: exampleCheck(), "lb1/haproxy.cfg": exampleHaproxy() },
  check: findUnserved,
};

function* findUnserved(subject: LintSubject): Generator<Finding> {
  for (const node of subject.nodes) {
    const { haproxy, configuration } = node;
    const [first, ...others] = haproxy === undefined ? [] : (boundAddresses(haproxy) ?? []);
    if (haproxy === undefined || first === undefined) continue;
    const bound = new Set([first, ...others]);
    const vips = configuration.instances
      .flatMap((instance) => virtualAddresses(instance))
      .map((vip) => vip.address);
    const served = vips.some((vip) => bound.has(vip.text) || bound.has(`* ${vip.family}`));
    const [bind] = haproxy.frontends.flatMap((frontend) => frontend.binds);
    if (vips.length === 0 || served || bind === undefined) continue;
    yield {
      message: `${node.name}: HAProxy binds ${sentenceList([...bound])}, and none of the VIPs (${sentenceList(vips.map((vip) => vip.text))})`,
      at: inHaproxy(node, bind.span),
      consequence:
        "a client that connects to a VIP is refused on whichever node holds it, unless another program listens there",
      advice: `bind *:${bind.port}, or the VIP (with net.ipv${bind.family}.ip_nonlocal_bind = 1 on every node)`,
    };
  }
}

/** Every address that is bound, `* 4` and `* 6` for all of a family; undefined where a line cannot be read. */
function boundAddresses({ sections, frontends }: LintedHaproxy): string[] | undefined {
  const lines = sections
    .filter((section) => section.kind === "frontend" || section.kind === "listen")
    .flatMap((section) => section.lines)
    .filter((line) => line.keyword.value === "bind");
  for (const line of lines) {
    for (const text of (line.arguments[0]?.value ?? "").split(",")) {
      if (/^(?:\/|unix@|uxst@|uxdg@|abns@|abnsz@|sockpair@)/.test(text)) continue;
      if (parseEndpoint(text)?.family === undefined) return undefined;
    }
  }
  return frontends
    .flatMap((frontend) => frontend.binds)
    .flatMap((bind) => {
      if (bind.address !== "*") return [bind.address];
      return bind.bothFamilies ? ["* 4", "* 6"] : [`* ${bind.family}`];
    });
}
