// Inputs for fuzzing the language and the linter: the rules' own examples, mutated; and noise made of the language's pieces.

import { rules } from "../../src/lint/index.ts";
import { type Random, seededRandom } from "./random.ts";

const TEXT_MAX = 6000;

const SEEDS: readonly string[] = [
  ...new Set(rules().flatMap((rule) => [...Object.values(rule.bad), ...Object.values(rule.good)])),
];

const PIECES: readonly string[] = [
  ..."{}\"'#!$@~\\ \t\r\n;,|&<>()=-+0159azA".split(""),
  ...[
    "\n\n",
    "{\n",
    "}\n",
    "}}",
    "{{",
    '""',
    '"}"',
    "\\#",
    "\\\n",
    "$A=",
    "$A",
    "${A}",
    "${_HASH}",
    "~SEQ(x,1,3) ",
    "~LST(x,1,2) ",
  ],
  ...["@lb1 ", "@^lb1 ", "include x\n", "includea *\n", "\u00a0", "\u2028", "\u{1f600}", "\ud800", "\0", "é"],
  ...[
    "vrrp_instance VI_1 {\n",
    "vrrp_script chk {\n",
    "vrrp_sync_group G {\n",
    "group {\n",
    "global_defs {\n",
    "virtual_server 1.2.3.4 80 {\n",
  ],
  ...[
    "state MASTER\n",
    "state BACKUP\n",
    "interface eth0\n",
    "virtual_router_id 51\n",
    "priority 255\n",
    "priority 0\n",
    "advert_int 0.5\n",
  ],
  ...[
    "authentication {\n",
    "auth_type PASS\n",
    "auth_pass 1111\n",
    "virtual_ipaddress {\n",
    "192.0.2.10/24 dev eth0\n",
    "2001:db8::1\n",
  ],
  ...[
    "track_script {\n",
    "chk weight -20 reverse\n",
    "nopreempt\n",
    "preempt_delay 5\n",
    'script "killall -0 haproxy"\n',
    "weight -254\n",
    "fall 0\n",
  ],
  ...[
    "unicast_peer {\n",
    "unicast_src_ip 192.0.2.1\n",
    "track_file f {\n",
    "vrrp_version 3\n",
    "version 3\n",
    "4294967296",
    "-1",
    "99999999999999999999",
  ],
];

/** The input number `index` of a run: `seed` and `index` say it all. */
export function fuzzedConfiguration(seed: number, index: number): string {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ index);
  const text = random.below(8) === 0 ? noise(random) : mutated(random);
  return text.slice(0, TEXT_MAX);
}

function noise(random: Random): string {
  return Array.from({ length: random.below(120) }, () => random.pick(PIECES)).join("");
}

function mutated(random: Random): string {
  let text = random.pick(SEEDS);
  const changes = 1 + random.below(6);
  for (let turn = 0; turn < changes; turn += 1) text = random.pick(MUTATIONS)(text, random);
  return text;
}

type Mutation = (text: string, random: Random) => string;

const MUTATIONS: readonly Mutation[] = [
  // A piece put in, a stretch taken out, a stretch doubled or repeated.
  (text, random) => splice(text, random.below(text.length + 1), 0, random.pick(PIECES)),
  (text, random) => splice(text, random.below(text.length + 1), random.below(40), ""),
  (text, random) => {
    const start = random.below(text.length);
    const piece = text.slice(start, start + random.below(60));
    return splice(text, start, 0, piece.repeat(1 + random.below(5)));
  },
  // Lines taken out, doubled, exchanged.
  (text, random) =>
    onLines(text, (lines) => lines.toSpliced(random.below(lines.length), 1 + random.below(3))),
  (text, random) =>
    onLines(text, (lines) => {
      const at = random.below(lines.length);
      return lines.toSpliced(random.below(lines.length), 0, ...lines.slice(at, at + 1 + random.below(4)));
    }),
  (text, random) => onLines(text, (lines) => lines.with(random.below(lines.length), random.pick(lines))),
  // Cut off; joined to another; every line end changed; a number changed.
  (text, random) => text.slice(0, random.below(text.length)),
  (text, random) => text.slice(0, random.below(text.length)) + random.pick(SEEDS).slice(random.below(200)),
  (text) => text.replaceAll("\n", "\r\n"),
  (text, random) => text.replace(/\d+/, () => random.pick(["0", "255", "256", "-20", "1.5", "1e9", ""])),
  (text, random) => splice(text, random.below(text.length), 1, String.fromCharCode(random.below(0x300))),
];

function splice(text: string, start: number, length: number, insertion: string): string {
  return text.slice(0, start) + insertion + text.slice(start + length);
}

function onLines(text: string, change: (lines: string[]) => string[]): string {
  return change(text.split("\n")).join("\n");
}
