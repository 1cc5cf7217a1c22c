// HP912: a value that was to be filled in and was not: YOUR_VIP, <interface>, {{ priority }}, x.x.x.x, $NAME that nothing defines.

import { counted, shortened } from "../../base/index.ts";
import type { Span } from "../../diagnostics/index.ts";
import { argumentsOf, blocksNamed, isPlaceholder, statementsIn } from "../../keepalived/index.ts";
import { isUnfilledPlace, lineAt, rootComplaints } from "../facts/complaint-roots.ts";
import { exampleFile } from "../examples/example-file.ts";
import type { Finding, Rule } from "../rule.ts";
import { inKeepalived, type LintedNode } from "../subject.ts";

export const rule: Rule = {
  code: "HP912",
  name: "placeholder",
  severity: "warning",
  scope: "node",
  versions: "same",
  summary:
    "a value that is plainly to be filled in (YOUR_VIP, <interface>, {{ vip }}, x.x.x.x, an undefined $NAME)",
  explanation: `The file is a template, or one place of it was overlooked. keepalived takes the words as they are: an interface of that name does not exist and keepalived exits, an address that is none is left out, a number that is none becomes the default.

Nothing else can be said of such a value; the other rules are silent about it. A $NAME that a line $NAME=value defines is no placeholder.`,
  source: "keepalived-behaviour 6.1 and 7 (undefined variables stay as they are), tested on 2.2.7",
  bad: { lb1: exampleFile({ interface: "YOUR_INTERFACE" }) },
  good: { lb1: exampleFile() },
  *check({ nodes }) {
    for (const node of nodes) yield* placeholders(node);
  },
};

const VALUE_KEYWORDS: ReadonlySet<string> = new Set([
  "interface",
  "priority",
  "virtual_router_id",
  "advert_int",
  "unicast_src_ip",
  "mcast_src_ip",
]);

function* placeholders(node: LintedNode): Generator<Finding> {
  const places = new Map<string, Span[]>();
  const add = (text: string, span: Span): void => {
    const known = places.get(text);
    if (known === undefined) places.set(text, [span]);
    else if (!known.some(({ start }) => start === span.start)) known.push(span);
  };
  for (const { complaint } of rootComplaints(node)) {
    if (!isUnfilledPlace(node, complaint)) continue;
    const own = [complaint.value, complaint.keyword].find(
      (text) => text !== undefined && isPlaceholder(text),
    );
    add(own ?? lineAt(node, complaint.span), complaint.span);
  }
  for (const block of blocksNamed(node.configuration.tree.items, "vrrp_instance")) {
    for (const statement of statementsIn(block.items)) {
      const [word] = VALUE_KEYWORDS.has(statement.keyword.value) ? argumentsOf(statement) : [];
      if (word !== undefined && isPlaceholder(word.value)) add(word.value, word.span);
    }
  }
  for (const [text, [first, ...others]] of places) {
    if (first === undefined || isDefinedElsewhere(node, `${text} ${lineAt(node, first)}`)) continue;
    const more = others.length === 0 ? "" : ` (and in ${counted(others.length, "other place")})`;
    yield {
      message: `${node.name}: ${shortened(text, SHOWN_MAX)} is a place to be filled in${more}`,
      at: inKeepalived(node, first),
      consequence:
        "keepalived takes it as it is: an interface of that name is not there, an address is left out, a number becomes the default",
      advice: "the value of this node",
    };
  }
}

/** Whether a line of the files defines the variable, for another host perhaps: then it is none that somebody forgot. */
function isDefinedElsewhere({ configuration }: LintedNode, text: string): boolean {
  const names = [...text.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map((match) => match[1] ?? "");
  return names.some((name) =>
    configuration.files.parts.some(({ source }) => source.text.includes(`$${name}=`)),
  );
}

const SHOWN_MAX = 60;
