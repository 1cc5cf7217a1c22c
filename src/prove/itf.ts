// A run as an ITF trace, the format of Apalache and its viewers, so that other tools can show a counterexample: a state for each moment at which something was
// new. Source: Apalache's ADR 015, "Informal Trace Format".

import { sentenceOf, type Run, storyOf } from "../simulate/index.ts";

/** The trace as JSON, ending with a newline. `source` says where it came from. */
export function itfText({ site, moments, scenario, ...run }: Run, source: string): string {
  const story = storyOf({ site, moments, scenario, ...run });
  const map = (pairs: readonly (readonly [string, unknown])[]): object => ({ "#map": pairs });
  const states = moments.map((moment, index) => {
    const untilUs = moments[index + 1]?.atUs ?? scenario.lengthUs;
    const byRouter = (valueOf: (router: number) => unknown): object =>
      map(site.routers.map(({ name }, router) => [name, valueOf(router)]));
    return {
      "#meta": { index },
      // Big enough for any clock: ITF has no bounds for these.
      time_us: { "#bigint": String(moment.atUs) },
      vrrp: map(
        site.nodes.map(({ name }, node) => [name, byRouter((router) => moment.nodes[node]!.states[router])]),
      ),
      holders: byRouter((router) => ({
        "#set": site.nodes
          .filter((_node, node) => moment.nodes[node]!.holds[router] === true)
          .map(({ name }) => name),
      })),
      haproxy: map(site.nodes.map(({ name }, node) => [name, moment.nodes[node]!.haproxy])),
      answered: byRouter((router) => moment.served[router] === true),
      happened: story
        .filter(({ atUs }) => (index === 0 || atUs >= moment.atUs) && atUs < untilUs)
        .map((told) => sentenceOf(told)),
    };
  });
  const document = {
    "#meta": {
      format: "ITF",
      "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
      source,
      description: scenario.title,
    },
    vars: ["time_us", "vrrp", "holders", "haproxy", "answered", "happened"],
    states,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
